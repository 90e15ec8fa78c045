-- Literals and constructors of rows of tables whose columns come in the middle, or go.

CREATE SCHEMA s1;
SET search_path = s1;
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

CREATE SCHEMA s2;
SET search_path = s2;
CREATE TABLE t (x int, m bigint, y text, z int);
CREATE FUNCTION f(t) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE h (i int DEFAULT f('(1,5,y,3)'::t) CHECK (i >= f('(1,5,y,3)'::t) - 1), o t DEFAULT '(1,5,y,3)', a t[] DEFAULT ARRAY['(1,5,y,3)'::t], g int GENERATED ALWAYS AS (f('(1,5,y,3)'::t)) STORED);
CREATE INDEX hx ON h (i) WHERE f('(1,5,y,3)'::t) = 1;
CREATE VIEW v AS SELECT '(1,5,y,3)'::t AS c, ('(1,5,y,3)'::t).x AS cx, h.i FROM h WHERE h.o <> '(1,5,y,3)'::t;
CREATE FUNCTION b() RETURNS t BEGIN ATOMIC SELECT '(1,5,y,3)'::t; END;
CREATE FUNCTION b2(q t DEFAULT '(1,5,y,3)') RETURNS text BEGIN ATOMIC SELECT ('(1,5,y,3)'::t).y; END;
CREATE DOMAIN dt AS t DEFAULT '(1,5,y,3)' CHECK (f(VALUE) > 0 AND (VALUE).x IS DISTINCT FROM ('(1,5,y,3)'::t).x + 100);
CREATE TABLE hd (d dt, e int);
ALTER TABLE t ADD CONSTRAINT selfck CHECK (x > f('(1,5,y,3)'::t) - 100);
ALTER TABLE t ALTER x SET DEFAULT f('(1,5,y,3)'::t);
CREATE TABLE hr (o t DEFAULT ROW(1,5,'y',3)::t, a t[] DEFAULT ARRAY[ROW(1,5,'y',3)::t, '(1,5,y,3)'::t], u t[] DEFAULT ARRAY['(1,5,y,3)'::t, NULL]::text::t[]);
CREATE FUNCTION txt() RETURNS text LANGUAGE sql AS $$ SELECT ('(1,5,y,3)'::t).y $$;
COMMENT ON FUNCTION txt() IS '(1,5,y,3)';

CREATE SCHEMA s3;
SET search_path = s3;
CREATE TABLE t (x int, m bigint, y text, z int);
CREATE FUNCTION f(t) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE h (i int DEFAULT f('(1,5,y,3)'::t) CHECK (i >= f('(1,5,y,3)'::t) - 1), o t DEFAULT '(1,5,y,3)', a t[] DEFAULT ARRAY['(1,5,y,3)'::t], g int GENERATED ALWAYS AS (f('(1,5,y,3)'::t)) STORED);
CREATE INDEX hx ON h (i) WHERE f('(1,5,y,3)'::t) = 1;
CREATE VIEW v AS SELECT '(1,5,y,3)'::t AS c, ('(1,5,y,3)'::t).x AS cx, h.i FROM h WHERE h.o <> '(1,5,y,3)'::t;
CREATE FUNCTION b() RETURNS t BEGIN ATOMIC SELECT '(1,5,y,3)'::t; END;
CREATE FUNCTION b2(q t DEFAULT '(1,5,y,3)') RETURNS text BEGIN ATOMIC SELECT ('(1,5,y,3)'::t).y; END;
CREATE DOMAIN dt AS t DEFAULT '(1,5,y,3)' CHECK (f(VALUE) > 0 AND (VALUE).x IS DISTINCT FROM ('(1,5,y,3)'::t).x + 100);
CREATE TABLE hd (d dt, e int);
ALTER TABLE t ADD CONSTRAINT selfck CHECK (x > f('(1,5,y,3)'::t) - 100);
ALTER TABLE t ALTER x SET DEFAULT f('(1,5,y,3)'::t);
CREATE TABLE hr (o t DEFAULT ROW(1,5,'y',3)::t, a t[] DEFAULT ARRAY[ROW(1,5,'y',3)::t, '(1,5,y,3)'::t], u t[] DEFAULT ARRAY['(1,5,y,3)'::t, NULL]::text::t[]);
CREATE FUNCTION txt() RETURNS text LANGUAGE sql AS $$ SELECT ('(1,5,y,3)'::t).y $$;
COMMENT ON FUNCTION txt() IS '(1,5,y,3)';

CREATE SCHEMA s4;
SET search_path = s4;
CREATE TABLE t (id int, b text);
CREATE FUNCTION keep(int) RETURNS t LANGUAGE sql BEGIN ATOMIC SELECT id, b FROM t WHERE id = $1 ORDER BY b, id; END;
