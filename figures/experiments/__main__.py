"""Run the experiments again: all, or those whose name holds a word.

python -m figures.experiments [WORD ...]
"""

import json
import sys
import time

from figures.__main__ import write
from figures.experiments import RESULTS, all_experiments


def main(words: list[str]) -> int:
    """Store the results; 1 when a word fits no experiment."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    experiments = all_experiments()
    for word in words:
        if not any(word in name for name in experiments):
            print(f"no experiment is called {word}", file=sys.stderr)
            return 1
    for name, run in experiments.items():
        if not words or any(word in name for word in words):
            print(f"{name}: running", flush=True)
            start = time.perf_counter()
            found = json.dumps(run(), ensure_ascii=False, indent=1)
            done = write(RESULTS / f"{name}.json", f"{found}\n".encode())
            print(f"{name}: {done}, {time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
