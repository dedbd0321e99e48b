"""What `import confusionflow` costs a training script, beside other imports that it may have.

Run `python -m bench.import_time`. Each import is timed in a fresh interpreter, in turns; the start
of the interpreter is not counted. The last column is what remains where numpy is imported already.
"""

import argparse
import subprocess
import sys
from statistics import median

MODULES = ("confusionflow", "numpy", "pyarrow", "pandas", "scipy.stats", "sklearn.metrics")


def import_ms(module: str, before: str = "sys") -> float:
    """Milliseconds that an import takes in a fresh interpreter after another one."""
    script = (
        f"import sys, time, {before}; start = time.perf_counter(); import {module}; "
        "print((time.perf_counter() - start) * 1e3)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return float(ended.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=11)
    arguments = parser.parse_args()
    alone: dict[str, list[float]] = {module: [] for module in MODULES}
    after: dict[str, list[float]] = {module: [] for module in MODULES}
    for _ in range(arguments.repeats):
        for module in MODULES:
            alone[module].append(import_ms(module))
            after[module].append(import_ms(module, before="numpy"))
    base = median(alone["confusionflow"])
    print(f"medians of {arguments.repeats} fresh interpreters")
    print(f"{'':>16}{'ms':>8}{'ratio':>8}{'ms after numpy':>16}")
    for module in MODULES:
        took = median(alone[module])
        print(f"{module:>16}{took:8.0f}{took / base:7.1f}x{median(after[module]):16.0f}")


if __name__ == "__main__":
    main()
