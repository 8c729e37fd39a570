"""Form responses: the mailings behind them, messages asked for, answers to what a form brought, and the loop that sends them."""
