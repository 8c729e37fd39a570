"""The one word people see for a recipient, from the verdict and the latest message, in SQL (domain.md C.8; house.md 4)."""

from __future__ import annotations

from mailings.model import Verdict

#: verdict -> its word; `complained` is kept for a complaint about this very mailing
VERDICT_LABELS = {str(verdict): str(verdict) for verdict in Verdict if verdict is not Verdict.ELIGIBLE} | {
    str(Verdict.COMPLAINED): "complained_earlier"
}
#: over `delivery`, the latest message that is no test, of a recipient who is eligible; in the order that `audience/filters.py` asks too
LABEL = """CASE WHEN delivery.complained_at IS NOT NULL THEN 'complained'
    WHEN delivery.status = 'bounced' THEN CASE WHEN delivery.bounce = 'soft' THEN 'soft_bounced' ELSE 'bounced' END
    WHEN delivery.opened_at IS NOT NULL OR delivery.clicked_at IS NOT NULL THEN 'read'
    WHEN delivery.status IN ('sent', 'delivered') THEN 'sent'
    WHEN delivery.status IN ('queued', 'sending') THEN 'ready'
    ELSE delivery.status END"""
READY = "ready"  #: also of somebody eligible who has no message yet
#: filter (domain.md C.10) -> its words; every word is under exactly one (8 with bounced and 11 with blocked, as recommended there)
GROUPS: dict[str, tuple[str, ...]] = {
    "sent": ("sent",),
    "bounced": ("bounced", "soft_bounced"),
    "read": ("read",),
    "ready": (READY,),
    "blocked": tuple(label for verdict, label in VERDICT_LABELS.items() if verdict != Verdict.NO_ADDRESS),
    "complained": ("complained",),
    "other": ("failed", "in_doubt", "cancelled"),
    "no_address": ("no_address",),  # only under its own filter (D26)
}
