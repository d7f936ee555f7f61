"""Puts back what migrations wrote, after a transactional test: files run in any order.

Django would empty every table, and make content types, permissions and our rows again one by one: half a second a test,
of which there are more than a thousand. Here PostgreSQL keeps a copy, and empties and fills only what a test changed.
"""

from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import TransactionTestCase

_KEEP = """
CREATE SCHEMA seeds;
CREATE TABLE seeds.kept (name text PRIMARY KEY, columns text, sum text);
CREATE FUNCTION seeds.sum_of(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
    EXECUTE format('SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM public.%I t', name) INTO found;
    RETURN found;
END $$;
CREATE FUNCTION seeds.has_rows(name text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO found;
    RETURN found;
END $$;
CREATE FUNCTION seeds.keep(tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY tables LOOP
        CONTINUE WHEN NOT seeds.has_rows(wanted);
        EXECUTE format('CREATE TABLE seeds.%1$I AS TABLE public.%1$I', wanted);
        INSERT INTO seeds.kept SELECT wanted, string_agg(quote_ident(column_name), ', '), seeds.sum_of(wanted)
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = wanted AND is_generated = 'NEVER';
    END LOOP;
END $$;
CREATE FUNCTION seeds.restore(tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE emptied text; one record;
BEGIN
    SELECT string_agg(format('public.%I', t.name), ', ') INTO emptied
    FROM unnest(tables) AS t(name) LEFT JOIN seeds.kept k USING (name)
    WHERE CASE WHEN k.name IS NULL THEN seeds.has_rows(t.name) ELSE seeds.sum_of(k.name) IS DISTINCT FROM k.sum END;
    IF emptied IS NOT NULL THEN EXECUTE 'TRUNCATE ' || emptied || ' CASCADE'; END IF;
    SET CONSTRAINTS ALL DEFERRED;
    FOR one IN SELECT * FROM seeds.kept LOOP
        CONTINUE WHEN seeds.has_rows(one.name);
        EXECUTE format('INSERT INTO public.%1$I (%2$s) SELECT %2$s FROM seeds.%1$I', one.name, one.columns);
    END LOOP;
END $$;
"""


def install():
    last = [app for app in apps.get_app_configs() if app.models_module][-1]
    post_migrate.connect(_keep, sender=last, dispatch_uid="seeds")
    TransactionTestCase._fixture_teardown = lambda case: restore()


def _keep(using, **kwargs):
    """After the first migration, whose last signal this is."""
    if using != "default":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace('seeds')")
        if cursor.fetchone() == (None,):
            cursor.execute(_KEEP)
            cursor.execute("SELECT seeds.keep(%s)", [_tables()])


def restore():
    """Every table as the migrations left it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seeds.restore(%s)", [_tables()])


def _tables():
    return connection.introspection.django_table_names(only_existing=True, include_views=False)
