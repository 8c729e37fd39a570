"""What runs and tasks are called in Prefect: a verb and the mailing, in words, never longer than its lists show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from prefect.runtime import flow_run
from prefect.tasks import TaskRunNameCallbackWithParameters

from mailings.sending.run import running

LONGEST = 60  # letters: what Prefect's lists show of a name on a laptop


def of_run(words: str) -> Callable[[], str]:
    """A flow run's name by its parameters: `of_run("send {mailing}")`."""
    return lambda: named(words, flow_run.parameters)


def of_task(words: str) -> TaskRunNameCallbackWithParameters:
    """A task run's name by its parameters: `of_task("check {mailing}")`."""

    def name(parameters: dict[str, Any]) -> str:
        return named(words, parameters)

    return cast(TaskRunNameCallbackWithParameters, name)  # a protocol that plain functions do not fulfil, though they are what it takes


def _of_outcome(parameters: dict[str, Any]) -> str:
    return named("sum up {mailing}", {"mailing": parameters["ending"].mailing})


def _of_portion(parameters: dict[str, Any]) -> str:
    return named("deliver up to {most:,} of {mailing}", parameters | {"most": running(parameters["mailing"]).portion})


#: the name of what sums a run up, and of a portion: how many it may be, and of what
of_outcome, of_portion = (cast(TaskRunNameCallbackWithParameters, name) for name in (_of_outcome, _of_portion))


def named(words: str, parameters: dict[str, Any]) -> str:
    """The words with the parameters in them; a mailing's name is cut where the whole would be too long, and says so."""
    # a run's parameters are as they were typed, blanks around them too
    parameters = {key: value.strip() if isinstance(value, str) else value for key, value in parameters.items()}
    whole = words.format_map(parameters)
    over = len(whole) - LONGEST
    if over <= 0:
        return whole
    mailing = str(parameters["mailing"])
    return words.format_map(parameters | {"mailing": mailing[: max(1, len(mailing) - over - 1)] + "…"})
