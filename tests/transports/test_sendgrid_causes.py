"""Why SendGrid's bounces came back, in our words."""

from __future__ import annotations

import pytest

from mailings.reported import BounceWhy as Why
from mailings.transports.sendgrid.reports import report_of


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"bounce_classification": "Invalid Address", "status": "5.1.1"}, Why.MAILBOX),
        ({"bounce_classification": "Invalid Address", "reason": "550 5.1.2 no such domain"}, Why.DOMAIN),
        ({"bounce_classification": "Mailbox Unavailable", "status": "5.2.2"}, Why.FULL),
        ({"bounce_classification": "Mailbox Unavailable", "status": "5.0.0"}, Why.SUSPENDED),
        ({"bounce_classification": "Reputation", "status": "5.7.1", "type": "blocked"}, Why.REPUTATION),
        ({"bounce_classification": "Unclassified", "reason": "550 5.7.26 unauthenticated mail"}, Why.AUTHENTICATION),
        ({"bounce_classification": "Unclassified", "reason": "unable to get mx info: failed to get IPs"}, Why.DOMAIN),
        ({"reason": "550 Postkassen finnes ikke: user unknown"}, Why.MAILBOX),
        ({"reason": "500 nei"}, Why.UNKNOWN),
        ({}, Why.UNKNOWN),
    ],
)
def test_why_it_came_back(facts: dict[str, str], why: Why) -> None:
    """Its enhanced status, else SendGrid's class, else its words; what came back for another reason than a bounce has no cause."""
    assert report_of({"event": "bounce", **facts}).bounce_why is why
    assert report_of({"event": "deferred", **facts}).bounce_why is None
