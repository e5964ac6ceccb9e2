"""Products: one flow in one file, which reads like the diagram in ARCHITECTURE.md."""
