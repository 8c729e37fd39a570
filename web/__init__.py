"""The web door: what readers and providers reach. Knows no Prefect, so that clicks and unsubscribes work while that is upgraded."""
