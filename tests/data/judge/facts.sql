-- What tables hold, without their heirs, a line each:
-- table	name	oid	relfilenode	p or r	what needs another file when it differs	rows	what it is a partition of
-- column	table	name	type	filled from the start or not	values that are there	digest of all
SET client_min_messages = error;
SET search_path = '';
SET "TimeZone" = 'UTC';

SET check_function_bodies = off; -- it calls itself
-- Of a composite type, to the bottom, or the labels of an enum, or an array of one; NULL for others.
CREATE FUNCTION pg_temp.attributes(type oid) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce((SELECT pg_catalog.string_agg(a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) || coalesce(pg_temp.attributes(a.atttypid), ''), ', ' ORDER BY a.attnum)
			 FROM pg_catalog.pg_attribute a
			 WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = c.typrelid AND c.typtype = 'c'),
			(SELECT pg_catalog.string_agg(enumlabel, ', ' ORDER BY enumsortorder)
			 FROM pg_catalog.pg_enum WHERE enumtypid = c.oid))
	FROM pg_catalog.pg_type t
	JOIN pg_catalog.pg_type c ON c.oid = CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END
	WHERE t.oid = type
$$;

CREATE FUNCTION pg_temp.facts() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	tab record;
	col record;
	n bigint;
	there bigint;
	digest text;
BEGIN
	FOR tab IN SELECT c.*, c.oid AS id, format('%I.%I', n.nspname, c.relname) AS name,
			  CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || format('%I.%I', n.nspname, c.relname) AS source,
			  concat_ws(' ', c.relpersistence, c.relam, c.reltablespace, pg_catalog.pg_get_partkeydef(c.oid),
				    pg_temp.attributes(c.reloftype)) AS sort,
			  (SELECT format('%I.%I', wn.nspname, w.relname) FROM pg_catalog.pg_inherits i
			   JOIN pg_catalog.pg_class w ON w.oid = i.inhparent JOIN pg_catalog.pg_namespace wn ON wn.oid = w.relnamespace
			   WHERE i.inhrelid = c.oid AND c.relispartition) AS whole
		   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		   WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
			 AND n.nspname NOT IN ('information_schema', 'postkit')
			 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE objid = c.oid AND deptype = 'e') LOOP
		EXECUTE format('SELECT count(*) FROM %s', tab.source) INTO n;
		RETURN NEXT concat_ws(E'\t', 'table', tab.name, tab.id, tab.relfilenode, tab.relkind, tab.sort, n, coalesce(tab.whole, '-'));
		FOR col IN SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) || ' ' || a.attcollation || coalesce(pg_temp.attributes(a.atttypid), '')
				  || CASE WHEN a.attgenerated <> '' THEN ' generated' || pg_catalog.md5(pg_catalog.pg_get_expr(d.adbin, d.adrelid))
				     ELSE '' END AS type,
				  CASE WHEN a.atthasdef OR a.attidentity <> '' OR t.typtype = 'd' THEN 'filled' ELSE 'empty' END AS start
			   FROM pg_catalog.pg_attribute a
			   JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
			   LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
			   WHERE a.attrelid = tab.id AND a.attnum > 0 AND NOT a.attisdropped LOOP
			EXECUTE format('SELECT count(%1$I), md5(coalesce(string_agg(coalesce(%1$I::text, ''-''), '','' ORDER BY %1$I::text COLLATE "C"), '''')) FROM %2$s',
				       col.attname, tab.source) INTO there, digest;
			RETURN NEXT concat_ws(E'\t', 'column', tab.name, quote_ident(col.attname), col.type, col.start, there, digest);
		END LOOP;
	END LOOP;
END $$;
SELECT * FROM pg_temp.facts();
