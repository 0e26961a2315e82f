"""A handler that is named as Lambda names it: ``package.module.function``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from .failures import RuntimeFailure

# A handler's own import is told at its line: pytest leaves out this module's frames.
__tracebackhide__ = True

Handler = Callable[[Any, Any], Any]


def find(name: str) -> Handler:
    """Imports the module and gives the function, as the runtime does.

    ``RuntimeFailure`` with the runtime's own words where it cannot; what else the module raises
    while it is imported is raised as it is.
    """
    module_name, _, function_name = name.rpartition(".")
    # Lambda takes a path for a package, too.
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
