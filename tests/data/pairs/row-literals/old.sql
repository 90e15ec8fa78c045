-- Literals of composite values whose type changes, wherever expressions stand.

CREATE SCHEMA r16;
SET search_path = r16;
CREATE TABLE a (x int, gone text, y int);
CREATE TYPE pair AS (l a, m int);
CREATE DOMAIN da AS a;
CREATE TYPE deep AS (d da, p pair[]);
CREATE TYPE ra AS RANGE (subtype = a);
CREATE TYPE nest AS (p pair, q a[]);
CREATE FUNCTION fi(a) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION fd(deep) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION fr(ra) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
-- the same text before and after, and not the same value
CREATE DOMAIN same AS a DEFAULT '(1,g,2)';
CREATE DOMAIN checked AS int DEFAULT 5 CHECK (VALUE > fi('(1,g,2)'::a));
CREATE TABLE h (i int DEFAULT fi('(1,g,2)'::a), one a DEFAULT '(1,g,2)', many a[] DEFAULT '{"(1,g,2)"}', p pair DEFAULT '("(1,g,2)",3)',
	dd deep DEFAULT ROW('(1,g,2)', ARRAY['("(1,g,2)",3)'::pair])::text::deep, n nest DEFAULT '("(""(1,g,2)"",3)","{""(1,g,2)""}")', r ra DEFAULT '["(1,g,2)","(2,g,2)")');
ALTER TABLE h ADD CONSTRAINT ck CHECK (fi('(1,g,2)'::a) > i OR fd('("(1,g,2)",)'::deep) = 1);
CREATE INDEX hi ON h ((fi('(1,g,2)'::a) + i));
CREATE INDEX hp ON h (i) WHERE fr('["(1,g,2)","(2,g,2)")'::ra) = i;
ALTER TABLE h ENABLE ROW LEVEL SECURITY;
CREATE POLICY po ON h USING (fi('(1,g,2)'::a) = i);
CREATE FUNCTION arg(q a DEFAULT '(1,g,2)') RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION body() RETURNS int BEGIN ATOMIC SELECT fi('(1,g,2)'::a); END;
CREATE VIEW v AS SELECT '(1,g,2)'::a AS c, arg() AS n;
CREATE MATERIALIZED VIEW mv AS SELECT '{"(1,g,2)"}'::a[] AS c;
CREATE RULE ru AS ON INSERT TO h DO ALSO SELECT fi('(1,g,2)'::a);
CREATE STATISTICS st ON (fi('(1,g,2)'::a) + i), i FROM h;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON h FOR EACH ROW WHEN (NEW.i = fi('(1,g,2)'::a)) EXECUTE FUNCTION tf();
CREATE TABLE g (i int, w int, j int GENERATED ALWAYS AS (fi('(1,g,2)'::a) + i) STORED);
-- fewer and more fields
CREATE TABLE b (x int, y int);
CREATE FUNCTION fb(b) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE DOMAIN other AS b DEFAULT '(1,2)';
CREATE TABLE k (i int DEFAULT fb('(1,2)'::b), one b DEFAULT '(1,2)' CHECK (one <> '(3,4)'::b), o other);
CREATE INDEX ki ON k ((fb('(1,2)'::b) + i));
CREATE VIEW bv AS SELECT '(1,2)'::b AS c, y FROM b;
CREATE FUNCTION barg(q b DEFAULT '(1,2)') RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION bbody() RETURNS int BEGIN ATOMIC SELECT fb('(1,2)'::b); END;
-- typed tables
CREATE TYPE tt AS (x int, y int);
CREATE TABLE typed OF tt;
CREATE TABLE t1 (c typed DEFAULT '(1,2)', d tt DEFAULT '(1,2)');
-- a partition's bounds
CREATE TABLE key (x int, y int);
CREATE TABLE pk (k key, v int) PARTITION BY RANGE (k);
CREATE TABLE pk1 PARTITION OF pk FOR VALUES FROM ('(1,2)') TO ('(2,2)');

CREATE SCHEMA r17;
SET search_path = r17;
CREATE TABLE s (x int, y int);
CREATE FUNCTION fs(s) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
ALTER TABLE s ALTER y SET DEFAULT fs('(1,2)'::s), ADD CONSTRAINT k CHECK (x > fs('(1,2)'::s));
CREATE INDEX i ON s (x, (fs('(1,2)'::s) + y));
CREATE VIEW v AS SELECT x FROM s;
ALTER VIEW v ALTER COLUMN x SET DEFAULT fs('(1,2)'::s);

CREATE SCHEMA r18;
SET search_path = r18;
CREATE TABLE a (x int, y int);
CREATE FUNCTION fs(a) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE b (i int);

CREATE SCHEMA r19;
SET search_path = r19;
CREATE TABLE a (x int);
CREATE TYPE whole AS (i int, one a, many a[]);

CREATE SCHEMA r20;
SET search_path = r20;
CREATE TABLE a (x int, y int);
CREATE DOMAIN inside AS a DEFAULT '(1,2)' CHECK (num_nulls(VALUE) >= 0);
CREATE TYPE holds AS (i inside);
CREATE TABLE t (h holds);
