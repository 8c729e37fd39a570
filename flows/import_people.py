"""Brings a list of people in from a file on the worker's machine. Whole or not at all; a second time changes nothing."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.logging import get_run_logger
from pydantic import Field

from tasks.importing import find_file, publish_what_came, sentence, take_in
from tasks.parameters import HowToImport

AS_LISTED = HowToImport()


@flow(name="import-people", flow_run_name="import {file}", persist_result=False)
def import_people(file: Annotated[str, Field(min_length=1)], form: HowToImport = AS_LISTED) -> dict[str, Any]:
    """Bring a workbook or text file with people in, as `mailings people import` does; known people are recognised, nobody comes in twice.

    Wrong rows are skipped and told on the run's page; a file that is no list fails the run, and nobody is changed.

    Args:
        file: The file's name in the folder MAILINGS_IMPORTS_PATH of the worker, like members.xlsx.
        form: What you say of the people in it, and what becomes of them.
    """
    told = take_in(find_file(file), form)
    get_run_logger().info(sentence(file, told, form))
    publish_what_came(file, told, form)
    return told | {"errors": told["errors"][:20]}
