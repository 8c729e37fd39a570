"""Makes Prefect's schedules work on SQLAlchemy 2.1: Prefect's server loads this by its entry point `prefect.collections` when it starts.

Prefect 3.8.8 writes scheduled runs by one bulk INSERT of dictionaries with a key `state`, which its table has no column of. SQLAlchemy
2.0 passes over such a key; 2.1 asks the class what to do with it and, not being told, refuses: every schedule stands still, and only the
server's log says so. Here the class is told what 2.0 did: nothing. Drop it when Prefect says so itself.

`prefect server services start` loads no collections: start it as `python -m deployments.mending server services start`.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from importlib import import_module
from typing import Any


def mend() -> bool:
    """Tell the classes of runs to pass over `state` in a bulk INSERT; True when something was to be told.

    A process that is no server (a worker, a client) is left as it is, for it never writes them.
    """
    models = sys.modules.get("prefect.server.database.orm_models")
    return models is not None and any([_told(models.FlowRun), _told(models.TaskRun)])


def _told(model: Any) -> bool:
    hybrid = vars(model)["state"]
    if getattr(hybrid, "bulk_dml_setter", True) is not None:  # SQLAlchemy 2.0, or a Prefect that tells it
        return False
    hybrid.bulk_dml_setter = _passed_over
    return True


def _passed_over(_model: type, _mapping: MutableMapping[str, Any], _value: object) -> None:
    """The state is a row of another table, which Prefect writes itself."""


def main() -> None:
    """Prefect's command line in a process that is mended first."""
    import_module("prefect.server.database.orm_models")
    mend()
    import_module("prefect.cli").app()


if __name__ == "__main__":
    main()
else:
    mend()
