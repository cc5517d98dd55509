"""The peers beside which our site is measured, in build/bench.

They get a virtual environment and npm's packages of their own; nothing of
them comes near .venv.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench"
PYTHON = FOLDER / ".venv" / "bin" / "python"
PACKAGES = FOLDER / "node_modules"
# MathJax as its CDN sends it, and the audit of our own pages.
NPM = {"mathjax": "4", "lighthouse": "12"}


def install() -> None:
    """Install what is not there yet; exit with one line when it fails."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    setup = ROOT / "tools" / "setup_venv.py"
    requirements = Path(__file__).with_name("requirements.txt")
    if subprocess.call([sys.executable, setup, requirements], cwd=FOLDER):
        sys.exit(1)
    if all((PACKAGES / name).exists() for name in NPM):
        return
    npm = shutil.which("npm")
    if not npm:
        sys.exit("error: npm not found; on Debian: apt-get install npm")
    wanted = [f"{name}@{version}" for name, version in NPM.items()]
    print(f"installing {' and '.join(wanted)}", file=sys.stderr)
    command = [npm, "install", "--silent", "--prefix", FOLDER, *wanted]
    if subprocess.call(command):
        sys.exit("error: npm could not install; is there a network?")
