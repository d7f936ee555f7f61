"""`make fuzz`: schemathesis over the whole schema against the running product, signed in and not, all checks on.

    python -m config.tests.fuzz --cases 10000

Ends with the number of cases that were sent; exits with 1 after any failure, or when they were fewer.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from config.tests.running import Product
from sandbox.home import PROJECT
from sandbox.pytest_plugin import start_servers

_SEED = 20_261_126
_PHASES = "examples,coverage,fuzzing,stateful"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000, help="at least so many")
    parser.add_argument("--seed", type=int, default=_SEED)
    options = parser.parse_args()
    start_servers()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    product = Product()
    try:
        product.start()
        return _fuzz(product, cases=options.cases, seed=options.seed)
    finally:
        product.stop()


def _fuzz(product: Product, *, cases: int, seed: int) -> int:
    """Rounds with other seeds until there are enough cases; both kinds of caller in each."""
    sent, failed, round_ = {"signed in": 0, "not signed in": 0}, False, 0
    while sum(sent.values()) < cases and not failed:
        for caller in sent:
            count, good = _run(product, caller, seed=seed + round_)
            sent[caller] += count
            failed = failed or not good
        round_ += 1
        print(f"So far: {sum(sent.values()):,} cases", flush=True)
    faults = product.output().count("Unhandled exception")
    told = ", ".join(f"{count:,} {caller}" for caller, count in sent.items())
    print(
        f"{sum(sent.values()):,} cases ({told}), {faults} unhandled exceptions, {'FAILED' if failed else 'no failure'}"
    )
    return int(failed or faults > 0)


def _run(product: Product, caller: str, *, seed: int) -> tuple[int, bool]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        program = str(Path(sys.executable).with_name("schemathesis"))
        command = [
            program, "--config-file", str(PROJECT / "config/tests/fuzz.toml"),
            "run", str(PROJECT / "docs/openapi.yaml"),
            "--url", product.address, "--checks", "all", "--phases", _PHASES, "--mode", "all", "--seed", str(seed),
            "--continue-on-failure", "--no-shrink", "--report", "json", "--report-json-path", str(report),
            "--warnings", "off", "--request-timeout", "30",
        ]  # fmt: skip
        signed = {"SCHEMATHESIS_HOOKS": "config.tests.fuzz_login", "FUZZ_ADDRESS": product.address}
        env = os.environ | (signed if caller == "signed in" else {})
        done = subprocess.run(command, cwd=PROJECT, env=env)
        return _cases(report), done.returncode == 0


def _cases(report: Path) -> int:
    """0 when schemathesis did not live to write its report; its exit code tells that it failed."""
    text = report.read_text() if report.exists() else ""
    return int(json.loads(text)["test_cases"]["generated"]) if text else 0


if __name__ == "__main__":
    sys.exit(main())
