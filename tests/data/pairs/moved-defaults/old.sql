-- Tables made anew, of which defaults call functions that are made anew as well.

CREATE SCHEMA s1;
SET search_path = s1;
CREATE FUNCTION g() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE t (x int DEFAULT g(), y text, CHECK (x < g()));
CREATE INDEX i ON t ((x+g()));

CREATE SCHEMA s2;
SET search_path = s2;
CREATE TABLE t (x int, y text);
CREATE FUNCTION f(t) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
ALTER TABLE t ALTER x SET DEFAULT f('(1,y)'::t);

CREATE SCHEMA s3;
SET search_path = s3;
CREATE FUNCTION g(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE DOMAIN d AS int CHECK (VALUE < g(5) + 100);
CREATE TABLE t (x int, z int DEFAULT g(5), w d DEFAULT g(7), CHECK (x < g(x) + 10));
CREATE POLICY p ON t USING (x = g(x));
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.x = g(OLD.x)) EXECUTE FUNCTION tf();
CREATE STATISTICS st ON (g(x)), z FROM t;
CREATE VIEW v AS SELECT g(x) AS gx FROM t;

CREATE SCHEMA s4;
SET search_path = s4;
CREATE TABLE t (x int, y text);
CREATE FUNCTION f(t) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE h (i int DEFAULT f('(1,"y q z")'::t) CHECK (i >= f('(1,"y q z")'::t) - 1), o t DEFAULT '(1,"y q z")', a t[] DEFAULT ARRAY['(1,"y q z")'::t], g int GENERATED ALWAYS AS (f('(1,"y q z")'::t)) STORED);
CREATE INDEX hx ON h (i) WHERE f('(1,"y q z")'::t) = 1;
CREATE VIEW v AS SELECT '(1,"y q z")'::t AS c, ('(1,"y q z")'::t).x AS cx, h.i FROM h WHERE h.o <> '(1,"y q z")'::t;
CREATE FUNCTION b() RETURNS t BEGIN ATOMIC SELECT '(1,"y q z")'::t; END;
CREATE FUNCTION b2(q t DEFAULT '(1,"y q z")') RETURNS text BEGIN ATOMIC SELECT ('(1,"y q z")'::t).y; END;
CREATE DOMAIN dt AS t DEFAULT '(1,"y q z")' CHECK (f(VALUE) > 0 AND (VALUE).x IS DISTINCT FROM ('(1,"y q z")'::t).x + 100);
CREATE TABLE hd (d dt, e int);
ALTER TABLE t ADD CONSTRAINT selfck CHECK (x > f('(1,"y q z")'::t) - 100);
ALTER TABLE t ALTER x SET DEFAULT f('(1,"y q z")'::t);
CREATE TABLE hr (o t DEFAULT ROW(1, 'y z')::t, a t[] DEFAULT ARRAY[ROW(1, 'y z')::t, '(1,"y q z")'::t], u t[] DEFAULT ARRAY['(1,"y q z")'::t, NULL]::text::t[]);
CREATE FUNCTION txt() RETURNS text LANGUAGE sql AS $$ SELECT ('(1,"y q z")'::t).y $$;
COMMENT ON FUNCTION txt() IS '(1,"y q z")';

CREATE SCHEMA s5;
SET search_path = s5;
CREATE FUNCTION g(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE t (x int, y int GENERATED ALWAYS AS (g(x)) STORED, z text);
