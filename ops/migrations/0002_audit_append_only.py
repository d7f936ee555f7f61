"""Audit events can be added and read, by nobody changed or deleted."""

from django.db import migrations

_FORWARD = """
CREATE FUNCTION ops_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ops_audit_event is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER ops_audit_append_only BEFORE UPDATE OR DELETE ON ops_audit_event
    FOR EACH ROW EXECUTE FUNCTION ops_audit_append_only();
"""
_BACKWARD = "DROP TRIGGER ops_audit_append_only ON ops_audit_event; DROP FUNCTION ops_audit_append_only();"


class Migration(migrations.Migration):
    dependencies = [("ops", "0001_operators_tables")]

    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
