"""All benchmarks, one after the other: ``python -m benchmarks``, with the arguments of benchmarks/cut.py."""

import subprocess
import sys

for name in ("kill_and_rerun", "purchases", "waiting", "renditions", "cut", "products", "prefect_overhead"):
    print(f"\n## {name}\n", flush=True)
    arguments = sys.argv[1:] if name == "cut" else []
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=True)
