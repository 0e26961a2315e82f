"""What every Python of a mutation run begins with: that mutmut stands in between is not to be seen.

mutmut puts a function of its own before each of the package's.
"""

import os
from pathlib import Path

import lines_run
import mutmut.mutation.trampoline

_globals = vars(mutmut.mutation.trampoline)
# The package looks for the user's line, and passes over functools.
_globals["__name__"] = "functools"
# pytest shows a failure where the user's code is, and passes over this.
_globals["__tracebackhide__"] = True
# Only the process that runs the tests counts which functions they reach.
if os.environ.get("MUTANT_UNDER_TEST") == "stats":
    os.environ["MUTANT_UNDER_TEST"] = ""
if folder := os.environ.get(lines_run.FOLDER):
    lines_run.watch_process(Path(folder))
