"""Builds what would be published, and tries it. Publishes nothing.

Checks the metadata, compares what the wheel and the sdist contain with wheel.txt, sdist.txt and
metadata.txt beside this file and with the sources, and runs the example with each in an empty
environment. Run by ``tox -e release``.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from email.parser import HeaderParser
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent
STATED = ("Name", "Version", "Requires-Python", "Requires-Dist", "Provides-Extra")
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="take what there is as expected")
    update = parser.parse_args().update
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        dist = directory / "dist"
        run(sys.executable, "-m", "build", "--outdir", dist, cwd=TOP)
        [wheel] = dist.glob("*.whl")
        [sdist] = dist.glob("*.tar.gz")
        run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, cwd=TOP)
        files = {"wheel": files_of_wheel(wheel), "sdist": files_of_sdist(sdist)}
        listings = {kind: sorted(files[kind]) for kind in files}
        listings["metadata"] = stated(files["wheel"]["*.dist-info/METADATA"])
        if update:
            for kind, lines in listings.items():
                expected(kind).write_text("\n".join([*lines, ""]), encoding="utf-8")
            return 0
        problems = [kind for kind, lines in listings.items() if not matches(kind, lines)]
        problems += [problem for kind in files for problem in wrong_bytes(kind, files[kind])]
        if stated(files["sdist"]["PKG-INFO"]) != listings["metadata"]:
            problems.append("the sdist's metadata are not those of the wheel")
        if problems:
            print("\n".join(problems))
            return 1
        for artifact in (sdist, wheel):
            python = run_example(artifact, directory / artifact.suffix.removeprefix("."))
        install(python, f"{wheel}[server]")
        run(python, "-c", TRY_SERVER, cwd=directory)
    return 0


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


def stated(metadata: bytes) -> list[str]:
    headers = HeaderParser().parsestr(metadata.decode())
    return sorted(f"{name}: {value}" for name, value in headers.items() if name in STATED)


def expected(kind: str) -> Path:
    return HERE / f"{kind}.txt"


def matches(kind: str, lines: list[str]) -> bool:
    """Whether it is what is expected; prints the difference."""
    wanted = expected(kind).read_text(encoding="utf-8").splitlines()
    difference = list(difflib.unified_diff(wanted, lines, "expected", kind, lineterm="", n=0))
    print(f"{kind}: {len(lines)} lines, {'as expected' if not difference else 'NOT as expected'}")
    if difference:
        print("\n".join(difference))
        print("where this is right: python release/check.py --update")
    return not difference


def wrong_bytes(kind: str, files: Files) -> list[str]:
    """The files that are not the sources, byte by byte, other than those that building makes."""
    sources = {name: TOP / name for name in files if "dist-info/" not in name}
    return [
        f"{kind}: {name} is not that of the sources"
        for name, source in sources.items()
        if name != "PKG-INFO" and source.read_bytes() != files[name]
    ]


def run_example(artifact: Path, directory: Path) -> Path:
    """Installs it into an empty environment, whose Python it returns, and runs the example."""
    print(f"{artifact.name}: in an empty environment", flush=True)
    venv.create(directory / "venv", with_pip=True)
    python = directory / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install(python, artifact)
    shutil.copytree(TOP / "examples", directory / "examples")
    run(python, "-m", "pytest", "-q", cwd=directory / "examples")
    return python


def install(python: Path, what: object) -> None:
    # Compiling all of botocore takes longer than the rest.
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", what, cwd=TOP)


def run(*command: object, cwd: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run([str(part) for part in command], cwd=cwd, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
