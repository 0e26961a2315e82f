"""Builds what would be published, and tries it. Publishes nothing.

    python release/check.py             check
    python release/check.py --update    take what the wheel and the sdist contain as expected
    python release/check.py --into DIR  check, and leave both files in DIR

Run by ``tox -e release``.
"""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        dist = directory / "dist"
        run(sys.executable, "-m", "build", "--outdir", dist, cwd=TOP)
        [wheel] = dist.glob("*.whl")
        [sdist] = dist.glob("*.tar.gz")
        run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, cwd=TOP)
        contents = {"wheel": files_of_wheel(wheel), "sdist": files_of_sdist(sdist)}
        if arguments == ["--update"]:
            for kind, files in contents.items():
                expected(kind).write_text("\n".join([*files, ""]), encoding="utf-8")
            return 0
        unexpected = [kind for kind, files in contents.items() if not matches(kind, files)]
        if unexpected:
            return 1
        for artifact in (wheel, sdist):
            run_example(artifact, directory / artifact.suffix.removeprefix("."))
        if arguments[:1] == ["--into"]:
            shutil.copytree(dist, TOP / arguments[1], dirs_exist_ok=True)
    return 0


def files_of_wheel(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(without_version(name) for name in archive.namelist())


def files_of_sdist(sdist: Path) -> list[str]:
    with tarfile.open(sdist) as archive:
        return sorted(member.name.partition("/")[2] for member in archive if member.isfile())


def without_version(name: str) -> str:
    directory, slash, rest = name.partition("/")
    return f"*.dist-info/{rest}" if directory.endswith(".dist-info") else directory + slash + rest


def expected(kind: str) -> Path:
    return HERE / f"{kind}.txt"


def matches(kind: str, files: list[str]) -> bool:
    """Whether it contains what is expected; prints the difference."""
    wanted = expected(kind).read_text(encoding="utf-8").splitlines()
    difference = list(difflib.unified_diff(wanted, files, "expected", kind, lineterm="", n=0))
    print(f"{kind}: {len(files)} files, {'as expected' if not difference else 'NOT as expected'}")
    if difference:
        print("\n".join(difference))
        print("where this is right: python release/check.py --update")
    return not difference


def run_example(artifact: Path, directory: Path) -> None:
    """Installs it into an empty environment, and runs the example with it."""
    print(f"{artifact.name}: in an empty environment", flush=True)
    venv.create(directory / "venv", with_pip=True)
    python = directory / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(python, "-m", "pip", "install", "--quiet", artifact, cwd=directory)
    shutil.copytree(TOP / "examples", directory / "examples")
    run(python, "-m", "pytest", "-q", cwd=directory / "examples")


def run(*command: object, cwd: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run([str(part) for part in command], cwd=cwd, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
