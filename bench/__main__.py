"""`make bench`: every bench in this folder, one after the other, then how all goals stand.

    python -m bench [--write] [NAME ...]

With --write the tables of docs/performance.md are replaced by what was measured; without it nothing in the tree changes.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.kit.goals import GOALS, filled
from bench.kit.machine import facts
from bench.kit.page import PAGE, markdown, replaced, table_of

HERE = Path(__file__).parent


def main() -> int:
    """Runs the benches on a copy of the page; the exit code is 1 where one of them failed."""
    there = [path.stem for path in sorted(HERE.glob("[!_]*.py"))]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put what is measured into docs/performance.md")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these, of: {', '.join(there)}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(there):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}; there are: {', '.join(there)}")
    failed = []
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as folder:
        page = Path(folder) / PAGE.name
        text = replaced(PAGE.read_text(), "machine", markdown(("machine", ""), facts()))
        page.write_text(text if options.names else filled(text, dict.fromkeys(GOALS)))
        for name in options.names or there:
            print(f"== {name}", flush=True)
            began = time.monotonic()
            done = subprocess.run([sys.executable, "-m", f"bench.{name}", "--page", str(page)], cwd=HERE.parent, check=False)
            print(f"== {name}: {time.monotonic() - began:.0f} s{'' if done.returncode == 0 else ', failed'}\n", flush=True)
            if done.returncode:
                failed.append(name)
        print(f"{table_of(page.read_text(), 'machine')}\n{table_of(page.read_text(), 'goals')}", flush=True)
        if options.write:
            shutil.copyfile(page, PAGE)
            print(f"written: {PAGE.relative_to(HERE.parent)}")
    if failed:
        print(f"bench: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
