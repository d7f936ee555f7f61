"""The peer of `benchmarks.edge`: the anonymous search again, as FastAPI + uvicorn + Redis + PostgreSQL.

Written as somebody would who knows those well: asyncpg with prepared statements, one round trip to Redis for the limit
and the cached answer, an ASGI middleware without a task group, orjson. It reads the product's own tables and parses
what was typed with the product's parser, so both find by name, English name, initials, a forgotten 한/영 switch,
dosage, ingredient, company, symptom and near spelling. What it lacks, to its advantage: a memory tier that hears of
changes, signed cursors on stored lists, answers while PostgreSQL is away, look-ups at the outside sources.
"""
