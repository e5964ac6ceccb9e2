"""All benchmarks, one after the other: ``python -m benchmarks``, with the arguments of benchmarks/cut.py."""

from benchmarks import cut

cut.main()
