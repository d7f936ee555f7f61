"""Korean search as pure functions: no database, no Django. Used by medicines.selectors and medicines.services."""
