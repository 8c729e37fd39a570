-- Beside the database of mailings, which the image makes, one for Prefect. Runs once, on an empty volume.
CREATE DATABASE prefect;
