"""`python -m tailspot`, and the program `tailspot` on the PATH: the command line that the wheel brings along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the program with the arguments of this one."""
    program = Path(__file__).with_name("_program.exe" if sys.platform == "win32" else "_program")
    if not program.exists():
        print("tailspot: this installation was built without the program (TAILSPOT_NO_PROGRAM)", file=sys.stderr)
        return 2
    if sys.platform == "win32":
        return subprocess.run([program, *sys.argv[1:]], check=False).returncode
    os.execv(program, ["tailspot", *sys.argv[1:]])
    return 2  # Not reached: the program took the place of this one.


if __name__ == "__main__":
    sys.exit(main())
