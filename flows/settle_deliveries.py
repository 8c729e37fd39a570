"""Every hour: settles what is in doubt by logs, returned mail and the mailings' own policies; counts what that moved. Safe at any time."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from mailings.errors import Unreadable
from tasks.figures import count_figures
from tasks.settling import find_doubt, gather_evidence, settle


@flow(name="settle-deliveries", flow_run_name="settle what is in doubt", persist_result=False)
def settle_deliveries(mailing: str | None = None) -> list[str]:
    """Settle messages that were handed over without an answer, and say what became of them. Nobody is sent to on a guess.

    Args:
        mailing: Only this one, by its name; empty = every mailing on which something is in doubt.
    """
    found = find_doubt(mailing)
    gathered = gather_evidence(found) if found else None
    done = [settle(one, gathered) for one in found] if gathered else []
    sentences = [one.sentence for one in done if one.worth_telling]
    for sentence in sentences:
        get_run_logger().info(sentence)
    count_figures()
    if gathered and gathered.troubles:  # said when the rest is done; until it is mended no policy gives anything up
        raise Unreadable(" ".join(gathered.troubles))
    return sentences
