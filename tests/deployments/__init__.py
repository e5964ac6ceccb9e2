"""Tests of what puts the product on Prefect servers."""
