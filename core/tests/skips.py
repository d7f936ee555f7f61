"""Where everything is installed (CI), a skipped test is a failed one, unless data are missing that are never there."""

import os

import pytest

# Ends the reason of each skip for data outside of the repository (../shared): "… is not here", "… are not here".
DATA = "not here"
VARIABLE = "SKIP_FOR_DATA_ALONE"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if os.environ.get(VARIABLE) == "1" and report.skipped and not hasattr(report, "wasxfail"):
        *_, reason = report.longrepr
        if DATA not in reason:
            report.outcome, report.longrepr = "failed", f"{reason}\nNothing but data may be missing ({VARIABLE}=1)."
    return report
