"""Everything that a buyer needs, imported before it is forked, and what is the same for all of them read once.

Reading the descriptions of S3 takes a quarter of a second, and certificates, which nobody shows here, a twentieth.
"""

import ssl

import aiosqlite
import asyncpg  # type: ignore[import-untyped]
import av
import boto3.s3.transfer
import botocore.handlers
import botocore.loaders
import botocore.session
import httpx
import sqlalchemy.dialects.postgresql.asyncpg
import sqlalchemy.dialects.sqlite.aiosqlite

import callsheet.ledger.adopt
import callsheet.ledger.migrations
import callsheet.ledger.store
import callsheet.media.probe
import tests.chaos.buyer

__all__ = ["aiosqlite", "asyncpg", "av", "boto3", "botocore", "callsheet", "httpx", "sqlalchemy", "tests"]

_loader = botocore.loaders.create_loader(None)
botocore.session.__dict__["create_loader"] = lambda _: _loader
boto3.session.Session().client("s3", region_name="us-east-1")
ssl.SSLContext.load_verify_locations = lambda *_, **__: None  # type: ignore[method-assign]
