"""Set up and run the project's checks. Needs nothing but Python 3.10 or newer, and pip.

    python3 dev.py example     run the examples
    python3 dev.py test        run every check but fuzz, which is slow
    python3 dev.py tox ...     run tox itself, as in: python3 dev.py tox run -e py312 -- -k retry

What it installs goes into .dev and .tox, beside this file; delete them to start afresh.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

TOX = "tox>=4.50,<5"
TOP = Path(__file__).resolve().parent
DEV = TOP / ".dev"
RESULTS = DEV / "results.json"


def main(arguments: list[str]) -> int:
    match arguments:
        case ["example"]:
            return run_tox("run", "-e", "example")
        case ["test"]:
            return run_every_check()
        case ["tox", *rest]:
            return run_tox(*rest)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def run_every_check() -> int:
    RESULTS.unlink(missing_ok=True)
    status = run_tox(
        "run-parallel", "--parallel=auto", "--parallel-no-spinner", f"--result-json={RESULTS}"
    )
    if RESULTS.exists():
        print_summaries(json.loads(RESULTS.read_text(encoding="utf-8")))
    return status


def run_tox(*arguments: str) -> int:
    command, environment = installed_tox()
    environment["PATH"] = search_path()
    try:
        return subprocess.call([*command, *arguments], cwd=TOP, env=environment)
    except KeyboardInterrupt:
        return 130


def installed_tox() -> tuple[list[str], dict[str, str]]:
    """The command that runs tox, and its environment; installs it if it is not there yet."""
    python = DEV / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    library = DEV / "library"
    stamp = DEV / "stamp"
    wanted = f"{TOX}\n{sys.executable}\n{sys.version}\n"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"dev.py: installing {TOX} into {DEV.name}", flush=True)
        install_tox(python, library)
        stamp.write_text(wanted, encoding="utf-8")
    if library.exists():
        return [sys.executable, "-m", "tox"], {**os.environ, "PYTHONPATH": str(library)}
    return [str(python), "-m", "tox"], dict(os.environ)


def install_tox(python: Path, library: Path) -> None:
    shutil.rmtree(DEV, ignore_errors=True)
    DEV.mkdir()
    venv = subprocess.run(
        [sys.executable, "-m", "venv", str(DEV / "venv")], capture_output=True, check=False
    )
    if venv.returncode == 0:
        pip = [str(python), "-m", "pip", "install"]
    else:  # Debian's Python comes without what venv needs
        shutil.rmtree(DEV / "venv", ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--target", str(library)]
    installation = subprocess.run(
        [*pip, "--quiet", "--disable-pip-version-check", TOX], check=False
    )
    if installation.returncode:
        sys.exit(installation.returncode)


def search_path() -> str:
    """PATH, and after it the interpreters behind the shims of pyenv, asdf or mise.

    A shim starts only the versions its user switched on; tox is to find all that are installed.
    """
    directories = [Path(entry) for entry in os.get_exec_path()]
    roots = [directory.parent for directory in directories if directory.name == "shims"]
    installed = [
        installation / "bin"
        for root in roots
        for pattern in ("versions/3.*", "installs/python/3.*")
        for installation in sorted(root.glob(pattern), reverse=True)
        if re.fullmatch(r"[\d.]+", installation.name)  # no previews, no variants
    ]
    return os.pathsep.join(map(str, [*directories, *installed]))


def print_summaries(results: dict[str, Any]) -> None:
    """Says at the end, where it is read, what each environment's output said in the middle."""
    failures = []
    print("\nThe tests' own summaries:")
    for name, environment in results["testenvs"].items():
        commands = environment.get("test", [])
        for command in commands:
            summaries = re.findall(r"^=+ (.*\bin [\d.]+s.*?) =+$", command["output"], re.M)
            for summary in summaries[-1:]:  # those before are of test runs inside a test
                print(f"{name:>10}: {summary}")
        failures += [
            (name, command)
            for command in [*environment.get("setup", []), *commands]
            if command["retcode"]
        ]
    for name, command in failures:
        print(f"\n{name}: {shlex.join(command['command'])} ended with {command['retcode']}:")
        for output in (command["err"], command["output"]):
            print(*output.splitlines()[-40:], sep="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
