"""Schedules, work pools and images. Business rules are elsewhere."""
