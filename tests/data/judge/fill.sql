-- A few rows for every table that can hold some, by generated values: foreign keys refer to rows that
-- are there, what cannot be filled stays empty. Triggers and rules do not fire. Prints nothing.
-- postkit.nulls = off: no NULL where a value is known.
SET session_replication_role = replica;
SET client_min_messages = error;

-- The k-th try at a value for row r, as the type's input; NULL: none is known.
CREATE FUNCTION pg_temp.value(t oid, typmod int, r int, k int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	type pg_type := (SELECT x FROM pg_type x WHERE x.oid = t);
	n int := r + 10 * k;
	name text;
BEGIN
	WHILE type.typtype = 'd' LOOP
		typmod := type.typtypmod;
		type := (SELECT x FROM pg_type x WHERE x.oid = type.typbasetype);
	END LOOP;
	IF type.typcategory = 'A' THEN
		RETURN CASE WHEN r % 2 = 0 THEN '{}' ELSE '{' || quote_ident(pg_temp.value(type.typelem, typmod, r, k)) || '}' END;
	ELSIF type.typtype = 'e' THEN
		RETURN (SELECT enumlabel FROM pg_enum WHERE enumtypid = type.oid ORDER BY enumsortorder
			OFFSET n % (SELECT greatest(count(*), 1) FROM pg_enum WHERE enumtypid = type.oid) LIMIT 1);
	ELSIF type.typtype = 'c' THEN
		RETURN (SELECT '(' || string_agg(coalesce(quote_ident(pg_temp.value(atttypid, atttypmod, r, k)), ''), ','
						 ORDER BY attnum) || ')'
			FROM pg_attribute WHERE attrelid = type.typrelid AND attnum > 0 AND NOT attisdropped);
	ELSIF type.typtype IN ('r', 'm') THEN
		RETURN CASE type.typtype WHEN 'r' THEN 'empty' ELSE '{}' END;
	END IF;
	name := type.typname;
	RETURN CASE
		WHEN name IN ('int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'oid', 'money') THEN
			(CASE k % 4 WHEN 1 THEN r * 100 WHEN 2 THEN r WHEN 3 THEN 0 ELSE r END)::text
		WHEN name IN ('text', 'varchar', 'bpchar', 'citext', 'name', 'char') THEN
			left(CASE k % 6 WHEN 0 THEN 'v' || r WHEN 1 THEN r::text WHEN 2 THEN 'a' || r || '@example.org'
			     WHEN 3 THEN 'A' WHEN 4 THEN '+' || 1000000000 + r ELSE 'http://e.org/' || r END,
			     CASE WHEN typmod > 4 THEN typmod - 4 ELSE 60 END)
		WHEN name = 'bool' THEN (n % 2 = 0)::text
		WHEN name IN ('date', 'timestamp', 'timestamptz') THEN
			((CASE k % 3 WHEN 0 THEN '2020-01-01' WHEN 1 THEN '2023-06-01' ELSE '2001-01-01' END)::date + r)::text
		WHEN name IN ('time', 'timetz') THEN '0' || r % 10 || ':00'
		WHEN name = 'interval' THEN r || ' days'
		WHEN name = 'uuid' THEN md5(n::text)
		WHEN name IN ('json', 'jsonb') THEN '{"a": ' || n || '}'
		WHEN name = 'bytea' THEN '\x0' || r % 10
		WHEN name IN ('inet', 'cidr') THEN '10.0.0.' || n
		WHEN name = 'macaddr' THEN '08:00:2b:01:02:0' || r % 10
		WHEN name = 'point' THEN '(1,' || n || ')'
		WHEN name = 'box' THEN '(1,1),(0,' || n || ')'
		WHEN name = 'bit' THEN lpad(n::bit(3)::text, greatest(typmod, 1), '0')
		WHEN name IN ('varbit', 'tsvector', 'tsquery', 'hstore', 'ltree') THEN ''
		WHEN name = 'xml' THEN '<a>' || n || '</a>'
		WHEN name = 'pg_lsn' THEN '0/' || n
	END;
END $$;

-- Reading it would ask a foreign server.
CREATE FUNCTION pg_temp.is_outside(tab oid) RETURNS bool LANGUAGE sql AS $$
	WITH RECURSIVE heirs (id) AS (
		VALUES (tab) UNION SELECT inhrelid FROM heirs JOIN pg_inherits ON inhparent = id)
	SELECT bool_or(relkind = 'f') FROM heirs JOIN pg_class ON oid = id
$$;

-- A row for a table, its k-th try; foreign keys first. False: not taken.
CREATE FUNCTION pg_temp.row(tab regclass, r int, k int) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
	col record;
	key record;
	names text[] := '{}';
	vals text[] := '{}';
	given jsonb := '{}';
	found jsonb;
	v text;
BEGIN
	FOR key IN SELECT confrelid::regclass AS other, conkey, confkey FROM pg_constraint
		   WHERE conrelid = tab AND contype = 'f' ORDER BY cardinality(conkey) DESC LOOP
		EXECUTE format('SELECT to_jsonb(x) FROM %s x OFFSET %s %% greatest((SELECT count(*) FROM %1$s), 1) LIMIT 1', key.other, r)
			INTO found;
		FOR i IN 1..cardinality(key.conkey) LOOP
			SELECT given || jsonb_build_object(a.attname, found ->> b.attname) INTO given
			FROM pg_attribute a, pg_attribute b
			WHERE a.attrelid = tab AND a.attnum = key.conkey[i] AND b.attrelid = key.other AND b.attnum = key.confkey[i]
			      AND NOT given ? a.attname;
		END LOOP;
	END LOOP;
	FOR col IN SELECT a.*, pg_get_expr(ad.adbin, ad.adrelid) AS def FROM pg_attribute a
		   LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
		   WHERE a.attrelid = tab AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
		   ORDER BY attnum LOOP
		CONTINUE WHEN NOT given ? col.attname AND (col.def LIKE '%nextval%' OR (col.def IS NOT NULL AND r % 2 = 0));
		v := CASE WHEN given ? col.attname THEN given ->> col.attname
		     WHEN r % 3 = 0 AND NOT col.attnotnull AND current_setting('postkit.nulls', true) IS DISTINCT FROM 'off' THEN NULL
		     ELSE pg_temp.value(col.atttypid, col.atttypmod, r, k) END;
		names := names || quote_ident(col.attname);
		vals := vals || quote_nullable(v);
	END LOOP;
	EXECUTE CASE WHEN names = '{}' THEN format('INSERT INTO %s DEFAULT VALUES', tab)
		ELSE format('INSERT INTO %s (%s) VALUES (%s)', tab, array_to_string(names, ', '), array_to_string(vals, ', ')) END;
	RETURN true;
EXCEPTION WHEN OTHERS THEN
	RETURN false;
END $$;

DO $$
DECLARE
	tab record;
	n int;
BEGIN
	FOR pass IN 1..3 LOOP -- what a foreign key needs may come later
		FOR tab IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			   WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT pg_temp.is_outside(c.oid) AND n.nspname !~ '^pg_'
				 AND n.nspname NOT IN ('information_schema', 'postkit')
				 AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
			   ORDER BY (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f'), n.nspname, c.relname LOOP
			EXECUTE format('SELECT count(*) FROM %s', tab.name) INTO n;
			CONTINUE WHEN n > 0;
			FOR r IN 1..4 LOOP
				FOR k IN 0..5 LOOP
					EXIT WHEN pg_temp.row(tab.name, r, k);
				END LOOP;
			END LOOP;
		END LOOP;
	END LOOP;
END $$;
