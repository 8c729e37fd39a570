"""SMTP against a real receiving Postfix: its answers for each recipient, and its own queue's names."""

from __future__ import annotations

import pytest

from mailings.message import Outcome
from mailings.transports.smtp import Settings, Smtp
from tests.servers.postfix import keeping, may_run
from tests.transports.letters import answers, offer

TRUTH = {
    "ukjent@firma.test": "550 5.1.1 User unknown in virtual mailbox table",
    "vol@firma.test": "552 5.2.2 Mailbox full",
    "later@firma.test": "451 4.7.1 Greylisted, try again later",
}
#: else a name is the microsecond and the inode of a file, and once that file is gone another message may have both
LASTING = "enable_long_queue_ids = yes"


@pytest.mark.skipif(
    not may_run(), reason="Postfix is not installed, or this user may not start it: the test against a real one is left out"
)
def test_a_real_postfix_answers_for_each_recipient() -> None:
    """Every tenth or so recipient is refused in one of three ways and gets exactly that answer; all others are in Postfix's queue."""
    odd = list(TRUTH)
    given = [offer(n, odd[n % 7] if n % 7 < 3 else None) for n in range(350)]
    with keeping("", TRUTH, more=LASTING) as server:
        transport = Smtp(Settings(host="127.0.0.1", port=server.port, timeout=300, _env_file=None))
        told = answers(transport, given)
        transport.close()
    assert len(told) == 350
    for n, receipt in told.items():
        if n % 7 < 3:
            assert receipt.code == TRUTH[odd[n % 7]][:9]
            assert receipt.outcome is (Outcome.TRY_LATER if n % 7 == 2 else Outcome.REFUSED)
            assert TRUTH[odd[n % 7]][10:] in (receipt.reason or "")
        else:
            assert receipt.outcome is Outcome.ACCEPTED
            assert receipt.provider_id
    assert len({receipt.provider_id for receipt in told.values() if receipt.provider_id}) == 200
