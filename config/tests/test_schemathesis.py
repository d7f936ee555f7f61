"""The written schema against the running server: what schemathesis makes up, valid and not, is answered as written."""

import schemathesis
from schemathesis import Case

from config.tests.running import Product
from sandbox.home import PROJECT

# The same examples in every run; fuzzing at length is for a run by hand.
CONFIG = {
    "seed": 20_261_124,
    "generation": {"max-examples": 40, "deterministic": True, "mode": "all", "no-shrink": True},
    "checks": {
        # A query of blanks alone is long enough for the schema, which cannot say "after trimming": 400 is right too.
        # Nobody is signed in here, and made-up codes and tokens are nobody's: 401.
        "positive_data_acceptance": {"expected-statuses": [200, 201, 202, 204, 304, 400, 401, 404]},
    },
}
schema = schemathesis.openapi.from_path(PROJECT / "docs" / "openapi.yaml", config=schemathesis.Config.from_dict(CONFIG))


@schema.parametrize()
def test_the_server_keeps_to_its_schema(case: Case, product: Product):
    case.call_and_validate(base_url=product.address, timeout=30)
