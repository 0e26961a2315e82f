"""Finds a handler by its name, as Lambda does: ``package.module.function``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from .failures import RuntimeFailure

# pytest hides this module's frames, so that a failing import shows the handler's line.
__tracebackhide__ = True

Handler = Callable[[Any, Any], Any]


def find(name: str) -> Handler:
    """Imports the module and returns the function, as the runtime does.

    Raises ``RuntimeFailure`` with the runtime's words if it cannot. Any other exception of the
    module's import is not caught.
    """
    module_name, _, function_name = name.rpartition(".")
    # Lambda also accepts slashes for the dots of packages.
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise RuntimeFailure("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise RuntimeFailure("Runtime.UserCodeSyntaxError", message) from error
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise RuntimeFailure("Runtime.HandlerNotFound", message) from error
    return handler
