"""Builds what would be published, and tries it. Publishes nothing.

The sdist must hold what git tracks, the wheel the package of it, each file byte by byte as it is
here. Then the examples run with each in an empty environment. Run by ``tox -e release``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PACKAGE = "pytest_invokeasync"
UV = [sys.executable, "-m", "uv"]
# What building makes.
OF_SDIST = {"PKG-INFO"}
OF_WHEEL = {
    "*.dist-info/METADATA",
    "*.dist-info/RECORD",
    "*.dist-info/WHEEL",
    "*.dist-info/entry_points.txt",
    "*.dist-info/licenses/LICENSE",
}
# Hatchling always adds it: it builds from the sdist what it would build from the checkout.
HIDDEN = ".gitignore"
# Imports whatever the client is, and serves.
TRY_SERVER = """
import pkgutil, pytest_invokeasync as package
for module in pkgutil.walk_packages(package.__path__, "pytest_invokeasync."):
    if ".aiobotocore." not in module.name or module.name.endswith(".entry"):
        __import__(module.name)
with package.InvokeAsyncServer(package.InvokeAsyncMock()) as server:
    assert server.url
"""

Files = dict[str, bytes]


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        dist = directory / "dist"
        run(*UV, "build", "--quiet", "--out-dir", dist, cwd=TOP)
        [wheel] = dist.glob("*.whl")
        [sdist] = dist.glob("*.tar.gz")
        run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, cwd=TOP)
        problems = wrong(files_of_sdist(sdist), files_of_wheel(wheel))
        if problems:
            print(*problems, sep="\n")
            return 1
        for artifact in (sdist, wheel):
            python = run_example(artifact, directory / artifact.suffix.removeprefix("."))
        install(python, f"{wheel}[server]")
        run(python, "-c", TRY_SERVER, cwd=directory)
    return 0


def wrong(sdist: Files, wheel: Files) -> list[str]:
    """Says which files are missing, are too many or are not those of the sources."""
    expected = tracked()
    if expected is None:
        print("this is not a git checkout: the wheel is compared with the sdist alone")
        expected = sdist.keys() - OF_SDIST
    package = {name for name in expected if name.startswith(f"{PACKAGE}/")}
    problems = [
        *compared("the sdist", sdist.keys(), expected | OF_SDIST),
        *compared("the wheel", wheel.keys(), package | OF_WHEEL),
        *changed("the sdist", sdist, expected),
        *changed("the wheel", wheel, package),
    ]
    if sdist.get("PKG-INFO") != wheel.get("*.dist-info/METADATA"):
        problems.append("the sdist's metadata are not those of the wheel")
    return problems


def tracked() -> set[str] | None:
    """What git tracks and is to be published: all but hidden files. None without git's data."""
    if not (TOP / ".git").exists():
        return None
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=True, encoding="utf-8"
    )
    names = set(listing.stdout.split("\0")) - {""}
    return {name for name in names if not name.startswith(".") or name == HIDDEN}


def compared(what: str, names: set[str], expected: set[str]) -> list[str]:
    return [
        *(f"{what} lacks {name}" for name in sorted(expected - names)),
        *(f"{what} has {name}, which git does not track" for name in sorted(names - expected)),
    ]


def changed(what: str, files: Files, names: set[str]) -> list[str]:
    return [
        f"{what} has another {name} than the sources"
        for name in sorted(names & files.keys())
        if (TOP / name).read_bytes() != files[name]
    ]


def files_of_wheel(wheel: Path) -> Files:
    with zipfile.ZipFile(wheel) as archive:
        return {without_version(name): archive.read(name) for name in archive.namelist()}


def files_of_sdist(sdist: Path) -> Files:
    """Fails for anything but files under the directory that is named like the sdist."""
    top = sdist.name.removesuffix(".tar.gz")
    files = {}
    with tarfile.open(sdist) as archive:
        for member in archive:
            directory, _, name = member.name.partition("/")
            content = archive.extractfile(member) if member.isfile() else None
            if directory != top or content is None:
                raise SystemExit(f"{member.name}: no file, or not in {top}")
            files[name] = content.read()
    return files


def without_version(name: str) -> str:
    directory, slash, rest = name.partition("/")
    return f"*.dist-info/{rest}" if directory.endswith(".dist-info") else directory + slash + rest


def run_example(artifact: Path, directory: Path) -> Path:
    """Installs it into an empty environment, whose Python it returns, and runs the examples."""
    print(f"{artifact.name}: in an empty environment", flush=True)
    run(*UV, "venv", "--quiet", "--python", sys.executable, directory / "venv", cwd=TOP)
    python = directory / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install(python, artifact)
    shutil.copytree(TOP / "examples", directory / "examples")
    run(python, "-m", "pytest", "-q", cwd=directory / "examples")
    return python


def install(python: Path, what: object) -> None:
    run(*UV, "pip", "install", "--quiet", "--python", python, what, cwd=TOP)


def run(*command: object, cwd: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run([str(part) for part in command], cwd=cwd, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
