"""Products: one flow in one file, which reads like the diagram in ARCHITECTURE.md.

Wherever a flow runs, the types of our blocks are known: Prefect finds where results are kept by one of them.
"""

import blocks  # noqa: F401
