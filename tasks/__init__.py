"""One retryable step each: decorator, transaction, one call into the domain."""

import logging

# without a level of its own the domain's lines for a run's log, one a batch, would stop at Prefect's default, WARNING
logging.getLogger("mailings").setLevel(logging.INFO)
