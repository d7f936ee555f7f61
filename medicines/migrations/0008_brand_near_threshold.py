"""Brands near a word with a threshold for each word: long ones share more trigrams, and reading fewer brands is quicker."""

from django.db import migrations

CREATE = """
SELECT show_limit();
DROP FUNCTION medicine_brand_near(text);
CREATE FUNCTION medicine_brand_near(wanted text, threshold real) RETURNS TABLE (name text, keys text)
LANGUAGE plpgsql STABLE ROWS 40 SET pg_trgm.similarity_threshold = 0.25 AS $$
BEGIN
    -- Local to this function: the SET above restores the caller's value at the end.
    PERFORM set_config('pg_trgm.similarity_threshold', threshold::text, true);
    RETURN QUERY SELECT b.name, b.keys FROM medicine_brand b WHERE b.keys % wanted
                 ORDER BY similarity(b.keys, wanted) DESC, b.name LIMIT 40;
END
$$;
"""
RESTORE = """
DROP FUNCTION medicine_brand_near(text, real);
CREATE FUNCTION medicine_brand_near(wanted text) RETURNS TABLE (name text, keys text)
LANGUAGE sql STABLE ROWS 40 SET pg_trgm.similarity_threshold = 0.25 AS $$
    SELECT b.name, b.keys FROM medicine_brand b WHERE b.keys % wanted
    ORDER BY similarity(b.keys, wanted) DESC, b.name LIMIT 40
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("medicines", "0007_gin_without_pending_lists")]
    operations = [migrations.RunSQL(CREATE, RESTORE)]
