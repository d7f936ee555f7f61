"""Brands spelt nearly like a word, with a threshold of our own: the server's default (0.3) loses short brands."""

from django.db import migrations

# `show_limit()` loads pg_trgm in this session, so that its setting is known when the function names it.
CREATE = """
SELECT show_limit();
CREATE FUNCTION medicine_brand_near(wanted text) RETURNS TABLE (name text, keys text)
LANGUAGE sql STABLE ROWS 40 SET pg_trgm.similarity_threshold = 0.25 AS $$
    SELECT b.name, b.keys FROM medicine_brand b WHERE b.keys % wanted
    ORDER BY similarity(b.keys, wanted) DESC, b.name LIMIT 40
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("medicines", "0004_search_tables")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION medicine_brand_near(text)")]
