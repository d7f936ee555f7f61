"""Brands near a word, looked for twice: first those with one key changed, then all that the threshold allows.

The index counts shared trigrams before it knows the other word's length. With a low threshold a common ending alone
(에스, 플러스) is enough for it, and each such brand is read and refused: 800 ms among 430,000 brands.
"""

from django.db import migrations

CREATE = """
SELECT show_limit();
CREATE OR REPLACE FUNCTION medicine_brand_near(wanted text, threshold real) RETURNS TABLE (name text, keys text)
LANGUAGE plpgsql STABLE ROWS 40 SET pg_trgm.similarity_threshold = 0.25 AS $$
DECLARE
    -- One key changed in n leaves n - 2 of n + 4 trigrams the same; a little less, for the rounding.
    one_key CONSTANT real := (length(wanted) - 2)::real / (length(wanted) + 4) - 0.01;
BEGIN
    -- Local to this function: the SET above restores the caller's value at the end.
    PERFORM set_config('pg_trgm.similarity_threshold', greatest(threshold, one_key)::text, true);
    RETURN QUERY SELECT b.name, b.keys FROM medicine_brand b WHERE b.keys % wanted
                 ORDER BY similarity(b.keys, wanted) DESC, b.name LIMIT 40;
    IF NOT FOUND AND threshold < one_key THEN
        PERFORM set_config('pg_trgm.similarity_threshold', threshold::text, true);
        RETURN QUERY SELECT b.name, b.keys FROM medicine_brand b WHERE b.keys % wanted
                     ORDER BY similarity(b.keys, wanted) DESC, b.name LIMIT 40;
    END IF;
END
$$;
"""
RESTORE = """
CREATE OR REPLACE FUNCTION medicine_brand_near(wanted text, threshold real) RETURNS TABLE (name text, keys text)
LANGUAGE plpgsql STABLE ROWS 40 SET pg_trgm.similarity_threshold = 0.25 AS $$
BEGIN
    -- Local to this function: the SET above restores the caller's value at the end.
    PERFORM set_config('pg_trgm.similarity_threshold', threshold::text, true);
    RETURN QUERY SELECT b.name, b.keys FROM medicine_brand b WHERE b.keys % wanted
                 ORDER BY similarity(b.keys, wanted) DESC, b.name LIMIT 40;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("medicines", "0009_part_terms")]
    operations = [migrations.RunSQL(CREATE, RESTORE)]
