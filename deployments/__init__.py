"""What a Prefect server needs beside prefect.yaml."""
