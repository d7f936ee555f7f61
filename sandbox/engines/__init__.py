"""The embedded servers: PostgreSQL 18 and Valkey 9 from their wheels, each behind one small module."""
