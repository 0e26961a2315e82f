"""Set up and run the project's checks. Needs nothing but Python 3.10 or newer, and pip.

    python3 dev.py example              run the examples
    python3 dev.py test                 run the gate: what every change must pass, in minutes
    python3 dev.py test PATH...         run these tests, in seconds; pytest's options may follow
    python3 dev.py check                run everything, what is slow too: before a release
    python3 dev.py tox ...              run tox itself, as in: python3 dev.py tox run -e py312

What it installs goes into .dev and .tox, beside this file; delete them to start afresh.
"""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

TOOLS = ("tox>=4.50,<5", "tox-uv>=1.29,<2")
TOP = Path(__file__).resolve().parent
DEV = TOP / ".dev"
RESULTS = DEV / "results.json"
# Most environments use one process, and it waits at times: so one more than there are cores.
AT_ONCE = 1 + (os.cpu_count() or 1)
SIDE_BY_SIDE = ("run-parallel", f"--parallel={AT_ONCE}", "--parallel-no-spinner")
# Which Pythons may stand for the ends that are promised, the best first.
ENDS = {
    "OLDEST_PYTHON": ("3.10", "3.11", "3.12", "3.13"),
    "NEWEST_PYTHON": ("3.13", "3.12", "3.11", "3.10"),
}

Environment = dict[str, str]


def main(arguments: list[str]) -> int:
    match arguments:
        case ["example"]:
            return run_tox("run", "-e", "example")
        case ["test"]:
            return run_checks(SIDE_BY_SIDE)
        case ["test", *rest]:
            return run_tox("run", "-q", "-e", "dev", "--", *map(absolute, rest))
        case ["check", *rest]:
            slow = (*SIDE_BY_SIDE, "-m", "slow")
            # Alone: it measures.
            alone = ("run", "-e", "bench")
            return run_checks(*((*each, *rest) for each in (SIDE_BY_SIDE, slow, alone)))
        case ["tox", *rest]:
            return run_tox(*rest)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def absolute(argument: str) -> str:
    """A path, or a path and the name of a test in it, as it is found from everywhere."""
    path, colons, test = argument.partition("::")
    found = Path(path)
    return f"{found.resolve()}{colons}{test}" if found.exists() else argument


def run_checks(*runs: tuple[str, ...]) -> int:
    failed = False
    results: dict[str, Any] = {}
    for arguments in runs:
        RESULTS.unlink(missing_ok=True)
        command, *rest = arguments
        failed |= run_tox(command, f"--result-json={RESULTS}", *rest) != 0
        if RESULTS.exists():
            results |= json.loads(RESULTS.read_text(encoding="utf-8"))["testenvs"]
    print_summaries(results)
    return int(failed)


def run_tox(*arguments: str) -> int:
    python, environment = installed_tools()
    environment["PATH"] = search_path()
    # Which interpreters there are is the user's to say.
    environment.setdefault("UV_PYTHON_DOWNLOADS", "never")
    for name, value in {**index_of_pip(), **ends(python, environment)}.items():
        environment.setdefault(name, value)
    try:
        return subprocess.call([python, "-m", "tox", *arguments], cwd=TOP, env=environment)
    except KeyboardInterrupt:
        return 130


def installed_tools() -> tuple[str, Environment]:
    """The Python that runs tox, and its environment; installs tox and uv if they are missing."""
    python = DEV / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    library = DEV / "library"
    stamp = DEV / "stamp"
    wanted = f"{TOOLS}\n{sys.executable}\n{sys.version}\n"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"dev.py: installing {', '.join(TOOLS)} into {DEV.name}", flush=True)
        install_tools(python, library)
        stamp.write_text(wanted, encoding="utf-8")
    if library.exists():
        return sys.executable, {**os.environ, "PYTHONPATH": str(library)}
    return str(python), dict(os.environ)


def install_tools(python: Path, library: Path) -> None:
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
        [*pip, "--quiet", "--disable-pip-version-check", *TOOLS], check=False
    )
    if installation.returncode:
        sys.exit(installation.returncode)


def search_path() -> str:
    """PATH, and after it the interpreters behind the shims of pyenv, asdf or mise.

    A shim starts only the versions its user switched on; uv is to find all that are installed.
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


def ends(python: str, environment: Environment) -> Environment:
    """The oldest and the newest Python that there are, of those that are supported."""
    found = {}
    for name, versions in ENDS.items():
        there = (version for version in versions if is_there(version, python, environment))
        best = next(there, versions[0])
        if best != versions[0] and name not in environment:
            print(f"dev.py: there is no Python {versions[0]}: {best} stands in for it", flush=True)
        found[name] = f"python{best}"
    return found


def is_there(version: str, python: str, environment: Environment) -> bool:
    command = [python, "-m", "uv", "python", "find", "--quiet", "--system", version]
    return not subprocess.run(command, env=environment, capture_output=True, check=False).returncode


def index_of_pip() -> Environment:
    """What pip is told of where packages are, in words of uv, which does not read it."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    told: dict[str, str] = {}
    lines = [line.partition("=") for line in listing.stdout.splitlines()]
    for section in ("global.", "install.", ":env:."):  # the last one counts
        told |= {
            key.removeprefix(section): str(ast.literal_eval(value))
            for key, _, value in lines
            if key.startswith(section)
        }
    # pip passes over places that do not exist; uv does not.
    more = [place for place in told.get("extra-index-url", "").split() if exists(place)]
    links = [place for place in told.get("find-links", "").split() if exists(place)]
    settings = {
        "UV_DEFAULT_INDEX": told.get("index-url", ""),
        "UV_INDEX": " ".join(more),
        # As pip does: the best of all of them.
        "UV_INDEX_STRATEGY": "unsafe-best-match" if more else "",
        "UV_FIND_LINKS": ",".join(links),
        "UV_INSECURE_HOST": told.get("trusted-host", ""),
        "SSL_CERT_FILE": told.get("cert", ""),
    }
    return {name: value for name, value in settings.items() if value}


def exists(place: str) -> bool:
    scheme, colon, path = place.partition("://")
    if not colon:
        return Path(place).exists()
    return scheme != "file" or Path(path).exists()


def print_summaries(results: dict[str, Any]) -> None:
    """Says at the end, where it is read, what each environment's output said in the middle."""
    failures = []
    print("\nThe tests' own summaries:")
    for name, environment in results.items():
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
