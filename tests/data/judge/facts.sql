-- What tables hold, without their heirs, a line each:
-- table	name	oid	relfilenode	p or r	what needs another file when it differs	rows	what it is a partition of
-- column	table	name	type	filled from the start or not	values that are there	digest of all
SET client_min_messages = error;
SET search_path = '';
SET "TimeZone" = 'UTC';

SET check_function_bodies = off; -- it calls itself
-- What a type is made of, or that of which it is an array: a composite's attributes to the bottom, an enum's
-- labels, what a range goes over, what is below a domain, how a base type is read; of a table also how it is kept.
CREATE FUNCTION pg_temp.attributes(type oid) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce((SELECT concat(r.relpersistence, r.relam, ' ', pg_catalog.string_agg(concat(a.attname, ' ',
					pg_catalog.format_type(a.atttypid, a.atttypmod), pg_temp.attributes(a.atttypid),
					(SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d
					 WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated <> '')), ', ' ORDER BY a.attnum))
			 FROM pg_catalog.pg_attribute a
			 JOIN pg_catalog.pg_class r ON r.oid = a.attrelid
			 WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = c.typrelid AND c.typtype = 'c'
			 GROUP BY r.oid),
			(SELECT pg_catalog.string_agg(enumlabel, ', ' ORDER BY enumsortorder)
			 FROM pg_catalog.pg_enum WHERE enumtypid = c.oid),
			(SELECT concat_ws(' ', rngsubtype::regtype, rngcollation, rngsubopc, rngcanonical, rngsubdiff)
			 || coalesce(pg_temp.attributes(rngsubtype), '')
			 FROM pg_catalog.pg_range WHERE c.oid IN (rngtypid, rngmultitypid)),
			CASE c.typtype WHEN 'd' THEN pg_temp.attributes(c.typbasetype) WHEN 'b' THEN concat_ws(' ', c.typinput, c.typoutput, c.typlen, c.typbyval, c.typalign, c.typcategory, c.typdelim) END)
	FROM pg_catalog.pg_type t
	JOIN pg_catalog.pg_type c ON c.oid = CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END
	WHERE t.oid = type
$$;

-- The dictionaries of the text search configurations on which a column's expression depends.
CREATE FUNCTION pg_temp.dictionaries(expression oid) RETURNS text LANGUAGE sql AS $$
	SELECT pg_catalog.string_agg(concat_ws(' ', g.cfgparser, m.maptokentype, m.mapseqno, m.mapdict, di.dictinitoption), ', '
				     ORDER BY d.refobjid, m.maptokentype, m.mapseqno)
	FROM pg_catalog.pg_depend d
	JOIN pg_catalog.pg_ts_config g ON g.oid = d.refobjid
	JOIN pg_catalog.pg_ts_config_map m ON m.mapcfg = g.oid
	JOIN pg_catalog.pg_ts_dict di ON di.oid = m.mapdict
	WHERE d.classid = 'pg_attrdef'::regclass AND d.objid = expression AND d.refclassid = 'pg_ts_config'::regclass
$$;

-- What it is divided by, with types of columns and of what functions give.
CREATE FUNCTION pg_temp.key(tab oid) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', pg_catalog.pg_get_partkeydef(tab),
			 (SELECT pg_catalog.string_agg(pg_catalog.format_type(a.atttypid, a.atttypmod), ' ' ORDER BY a.attname)
			  FROM pg_catalog.pg_attribute a WHERE a.attrelid = tab AND a.attnum = ANY (p.partattrs)),
			 (SELECT pg_catalog.string_agg(concat_ws(' ', f.oid::pg_catalog.regprocedure, pg_catalog.format_type(f.prorettype, NULL)), ' '
						       ORDER BY f.proname)
			  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc f ON f.oid = d.refobjid
			  WHERE d.classid = 'pg_class'::regclass AND d.objid = tab AND d.refclassid = 'pg_proc'::regclass))
	FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = tab
$$;

-- Reading it would ask a foreign server.
CREATE FUNCTION pg_temp.is_outside(tab oid) RETURNS bool LANGUAGE sql AS $$
	WITH RECURSIVE heirs (id) AS (
		VALUES (tab) UNION SELECT inhrelid FROM heirs JOIN pg_catalog.pg_inherits ON inhparent = id)
	SELECT pg_catalog.bool_or(relkind = 'f') FROM heirs JOIN pg_catalog.pg_class ON oid = id
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
			  concat_ws(' ', c.relpersistence, c.relam, c.reltablespace, pg_temp.key(c.oid),
				    pg_temp.attributes(c.reloftype)) AS sort,
			  (SELECT format('%I.%I', wn.nspname, w.relname) FROM pg_catalog.pg_inherits i
			   JOIN pg_catalog.pg_class w ON w.oid = i.inhparent JOIN pg_catalog.pg_namespace wn ON wn.oid = w.relnamespace
			   WHERE i.inhrelid = c.oid AND c.relispartition) AS whole
		   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		   WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
			 AND n.nspname NOT IN ('information_schema', 'postkit')
			 AND (c.relkind = 'r' OR NOT pg_temp.is_outside(c.oid))
			 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE objid = c.oid AND deptype = 'e') LOOP
		EXECUTE format('SELECT count(*) FROM %s', tab.source) INTO n;
		RETURN NEXT concat_ws(E'\t', 'table', tab.name, tab.id, tab.relfilenode, tab.relkind, tab.sort, n, coalesce(tab.whole, '-'));
		FOR col IN SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) || ' ' || a.attcollation || coalesce(pg_temp.attributes(a.atttypid), '')
				  || CASE WHEN a.attgenerated <> ''
				     THEN ' generated' || pg_catalog.md5(concat(pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_temp.dictionaries(d.oid)))
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
