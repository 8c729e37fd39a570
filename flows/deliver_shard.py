"""One of several senders of a mailing: delivers whatever is next until nothing can be sent now. The conductor does the rest."""

from __future__ import annotations

from typing import Annotated

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from tasks.naming import of_run
from tasks.parameters import MailingName
from tasks.sending import deliver_portion
from tasks.sharding import is_being_sent, joined


@flow(
    name="deliver-shard",
    flow_run_name=of_run("shard {shard} of {mailing}"),
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # portions follow one another; its default is unbounded
    persist_result=False,
)
def deliver_shard(
    mailing: MailingName, shard: Annotated[int, Field(ge=1)] = 1, batch_size: Annotated[int, Field(ge=0, le=1000)] = 0
) -> int:
    """Deliver portions of a mailing that is being sent, side by side with others; how many portions. send-mailing asks for these runs.

    Args:
        mailing: Its name, as `mailings list` shows it.
        shard: Which of the shards this is; only for the run's name, each takes whatever is next.
        batch_size: Deliveries claimed at a time; 0 = as many as the transport likes: 200, SendGrid 1,000.
    """
    if not is_being_sent(mailing):
        return 0
    portions = 1
    with joined(mailing, batch_size):
        while deliver_portion(mailing).more:
            portions += 1
    return portions
