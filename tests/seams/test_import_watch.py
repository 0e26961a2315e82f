"""The finder that sees libraries being imported, and other finders beside it."""

from __future__ import annotations

import importlib.util
import sys
import types

import pytest

from pytest_invokeasync.seams.imports import ImportWatch

LIBRARY = "slowly_loaded_library"


class AsksAllOthers:
    """A finder that goes on with all others, wherever it stands."""

    def find_spec(self, name, path=None, target=None):
        if name != LIBRARY:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)):
                return spec
        return None


@pytest.fixture
def watch(tmp_path, monkeypatch):
    """One that watches a library: ``seen`` is what was imported."""
    (tmp_path / f"{LIBRARY}.py").write_text("VALUE = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    seen = []
    watch = ImportWatch({LIBRARY}, seen.append)
    watch.seen = seen
    watch.start()
    yield watch
    watch.stop()
    sys.modules.pop(LIBRARY, None)


@pytest.mark.parametrize("place", [0, 1], ids=["in front", "behind"])
def test_another_finder_may_ask_all_others(watch, place):
    sys.meta_path.insert(place, AsksAllOthers())

    library = importlib.import_module(LIBRARY)

    assert library.VALUE == 42
    assert library in watch.seen


def test_one_that_stands_nowhere_asks_all(watch):
    watch.stop()

    assert watch.find_spec(LIBRARY).name == LIBRARY


def test_a_loader_tells_what_the_library_s_own_tells(watch):
    loader = importlib.util.find_spec(LIBRARY).loader

    assert loader.get_source(LIBRARY) == "VALUE = 42\n"
    assert not loader.is_package(LIBRARY)


def test_a_module_without_a_spec_is_run_too(watch):
    module = types.ModuleType(LIBRARY)
    loader = importlib.util.find_spec(LIBRARY).loader

    loader.exec_module(module)

    assert module.VALUE == 42
    assert watch.seen == [module]


def test_nothing_is_found_where_there_is_nothing(watch, monkeypatch):
    monkeypatch.setattr(sys, "path", [])

    assert importlib.util.find_spec(LIBRARY) is None


def test_a_loader_of_the_oldest_kind_is_left_alone(watch):
    class Loader:
        def load_module(self, name):
            raise NotImplementedError

    class Finder:
        def find_spec(self, name, path=None, target=None):
            return importlib.util.spec_from_loader(name, Loader(), origin="here")

    sys.meta_path.insert(1, Finder())

    assert type(importlib.util.find_spec(LIBRARY).loader) is Loader
