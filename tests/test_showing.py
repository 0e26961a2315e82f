"""How errors are told in messages."""

from __future__ import annotations

from pytest_invokeasync.showing import told


def test_an_error_is_its_class_and_its_text():
    assert told(ValueError("no\nway")) == "ValueError: no\\nway"


def test_an_error_without_a_text_to_be_had():
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert told(Mute()) == "Mute: <unprintable>"
