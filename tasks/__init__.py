"""One retryable step each: decorator, transaction, one call into the domain."""

import logging

# without a level of its own the domain's lines for a run's log, one a batch, would stop at Prefect's default, WARNING. They also end a run
# whose worker was killed: the next line meets a broken pipe
logging.getLogger("mailings").setLevel(logging.INFO)
