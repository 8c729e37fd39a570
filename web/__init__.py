"""The public's and the staff's pages; knows no Prefect. Its first pages come with the public door."""
