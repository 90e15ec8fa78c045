CREATE TABLE kept (id int PRIMARY KEY, label text);

-- a default calls a function that reads the table
CREATE TABLE ticket (id int PRIMARY KEY, place int);
CREATE FUNCTION next_place() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT coalesce(max(place), 0) + 1 FROM ticket; END;
ALTER TABLE ticket ALTER place SET DEFAULT next_place();
CREATE TABLE late_ticket (more text) INHERITS (ticket);

-- a view shows what a function makes of the view
CREATE VIEW shown AS SELECT id, label COLLATE "C" AS label FROM kept;
CREATE FUNCTION count_shown(low int) RETURNS bigint LANGUAGE sql
	BEGIN ATOMIC SELECT count(*) FROM shown WHERE shown.id >= low AND label <> ''; END;
CREATE OR REPLACE VIEW shown WITH (security_barrier) AS SELECT id, label COLLATE "C" AS label, count_shown(id) AS n FROM kept;
COMMENT ON VIEW shown IS 'in a circle';

-- a domain is checked by a function that takes the domain
CREATE DOMAIN code AS text DEFAULT 'a1';
CREATE FUNCTION is_code(value code) RETURNS bool LANGUAGE sql IMMUTABLE RETURN value::text ~ '^[a-z][0-9]+$';
ALTER DOMAIN code ADD CONSTRAINT code_form CHECK (is_code(value));
CREATE TABLE coded (code code);

-- functions that call one another
CREATE FUNCTION is_even(n int) RETURNS bool LANGUAGE sql IMMUTABLE RETURN n = 0;
CREATE FUNCTION is_odd(n int) RETURNS bool LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT n <> 0 AND is_even(n - 1); END;
CREATE OR REPLACE FUNCTION is_even(n int) RETURNS bool LANGUAGE sql IMMUTABLE RETURN n = 0 OR is_odd(n - 1);
CREATE TABLE pairs (n int CHECK (is_even(n)));

-- an index calls a function whose text reads a table
CREATE TABLE word (word text);
CREATE FUNCTION known(wanted text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT EXISTS (SELECT FROM public.word WHERE word = wanted) $$;
CREATE FUNCTION known_plain(wanted text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN public.known(wanted); END $$;
CREATE INDEX kept_known ON kept (known(label), known_plain(label));
