"""Reports a mailing: its figures as a page of the run, a workbook and a page with charts as files. Reads only; safe at any time."""

from __future__ import annotations

from typing import Any

from prefect import flow

from tasks.figures import count_figures_of
from tasks.naming import of_run
from tasks.parameters import MailingName
from tasks.parameters_reporting import WhatToReport
from tasks.reporting import show_report, write_book, write_page

AS_USUAL = WhatToReport()


@flow(name="report-mailing", flow_run_name=of_run("report {mailing}"), persist_result=False)
def report_mailing(mailing: MailingName, what: WhatToReport = AS_USUAL) -> dict[str, Any]:
    """Tell what a mailing came to: on a page of this run, and as files under MAILINGS_REPORTS_PATH, each written anew.

    Args:
        mailing: Its name, as `mailings list` shows it; also one that is still being sent.
        what: Which files, and in which language; as it stands both, in the installation's.
    """
    count_figures_of(mailing)
    files = [write_book(mailing, what.spoken)] if what.workbook else []
    files += [write_page(mailing, what.spoken)] if what.page else []
    show_report(mailing, what.spoken, files)
    return {"mailing": mailing, "files": files}
