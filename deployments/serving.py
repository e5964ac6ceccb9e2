"""The settings of a Prefect server: one process on one machine, or several on PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

BATCHES: Mapping[str, str] = {
    # One event at a time, as Prefect has it, a thousand tasks took four times the processor time to record, and their
    # states were seen nine times later (measured with Prefect 3.9.1 on PostgreSQL, 2026-11).
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    # Whole seconds: Prefect 3.8 cuts a fraction off, and a recorder that waits 0 s turns round on half a core.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
}
QUIET: Mapping[str, str] = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
"""No telemetry; on SQLite it also locks the database at each start."""

ONE_SERVER: Mapping[str, str] = {
    **BATCHES,
    **QUIET,
    # Leases in memory are forgotten when the server restarts, and the slot of who died meanwhile is never given back.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
}
"""One process that does everything."""


def several_servers(database: str, redis: str) -> dict[str, str]:
    """Of each of several processes. `database` is ``postgresql+asyncpg://…``, `redis` ``HOST:PORT/NUMBER``."""
    address, _, number = redis.partition("/")
    host, _, port = address.rpartition(":")
    return {
        **BATCHES,
        **QUIET,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
        "PREFECT_REDIS_MESSAGING_HOST": host,
        "PREFECT_REDIS_MESSAGING_PORT": port,
        "PREFECT_REDIS_MESSAGING_DB": number or "0",
        # Without it each server does the work of the background services again.
        "PREFECT_SERVER_DOCKET_URL": f"redis://{address}/{number or '0'}",
    }


def home_of(home: Path) -> dict[str, str]:
    """Where Prefect keeps its database and its results on one machine."""
    return {"PREFECT_HOME": str(home / "prefect")}
