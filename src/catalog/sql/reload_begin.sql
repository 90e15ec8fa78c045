-- In a transaction: from here on what is dropped is written down, by the server itself.
CREATE TABLE postkit.reload_before AS
SELECT c.oid, 'r'::"char" AS sort, c.relname AS name, c.relnamespace AS schema, 0::oid AS refers_to
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND n.nspname <> 'pg_toast'
UNION ALL
SELECT k.oid, k.contype, k.conname, k.connamespace, k.confrelid FROM pg_constraint k WHERE k.oid >= 16384;
CREATE TABLE postkit.reload_dropped (objid oid, object_type text, schema_name text, object_name text, address_names text[]);
CREATE FUNCTION postkit.reload_note() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $note$
BEGIN
    INSERT INTO postkit.reload_dropped SELECT objid, object_type, schema_name, object_name, address_names
    FROM pg_event_trigger_dropped_objects();
END $note$;
CREATE EVENT TRIGGER postkit_reload_note ON sql_drop EXECUTE FUNCTION postkit.reload_note();
