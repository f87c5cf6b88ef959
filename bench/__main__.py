"""`make bench`: every bench in this folder, one after the other."""

import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    HERE = Path(__file__).parent
    for path in sorted(HERE.glob("[!_]*.py")):
        print(f"== {path.stem}", flush=True)
        subprocess.run([sys.executable, "-m", f"bench.{path.stem}"], cwd=HERE.parent, check=True)
