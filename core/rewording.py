"""For migrations that change words alone."""

from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class _Reworded(SeparateDatabaseAndState):
    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Or every model that is related would be made anew after each single field: seconds of each `migrate`.
        state.__dict__.pop("apps", None)
        super().state_forwards(app_label, state)


def reworded(operations: list[Operation]) -> list[Operation]:
    """What people read in the admin (names, choices) as one operation, of which the database hears nothing."""
    return [_Reworded(state_operations=operations)]
