"""What people fill in to have a mailing reported: the form of report-mailing, as Prefect draws it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tasks.parameters import FORM, at

AS_SET: Literal["as set"] = "as set"  #: a choice that can be read: in a list to choose from an empty one is no choice


class WhatToReport(BaseModel):
    """Which files are written beside the figures that the run shows by itself."""

    model_config = ConfigDict(**FORM, title="What to report")

    workbook: bool = Field(
        True,
        title="Workbook",
        description="NAME-report.xlsx: figures, every recipient, links, bounces, hours. It names people: keep it where they may be named.",
        json_schema_extra=at(1),
    )
    page: bool = Field(
        True,
        title="Page with charts",
        description="NAME-report.html: one page that needs nothing but itself, to be sent on or printed. It names nobody.",
        json_schema_extra=at(2),
    )
    language: Literal["as set", "en", "nl", "da", "no", "sv", "de"] = Field(
        AS_SET,
        title="Language",
        description="Of the files and of the page this run shows; as set = the installation's, MAILINGS_LANGUAGE.",
        json_schema_extra=at(3),
    )

    @property
    def spoken(self) -> str:
        """The language chosen; empty = the installation's."""
        return "" if self.language == AS_SET else self.language
