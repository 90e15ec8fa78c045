-- Domains over composite types and arrays, whose insides change.

CREATE SCHEMA m1;
SET search_path = m1;
CREATE TYPE pt AS (x bigint, y int, z text);
CREATE DOMAIN dpt AS pt CHECK ((VALUE).x > 1 OR true) CONSTRAINT more CHECK ((VALUE).z IS NULL OR true);
CREATE FUNCTION ok(int[]) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE DOMAIN arr AS bigint[] CHECK (array_length(VALUE, 1) < 10);
CREATE DOMAIN dd AS arr CHECK (ok(VALUE::int[]));
CREATE TABLE t (a dpt, b arr, c dd DEFAULT '{1}', d dpt[]);
CREATE INDEX ON t (b); CREATE UNIQUE INDEX ON t (c);

CREATE SCHEMA m2;
SET search_path = m2;
CREATE TYPE inner_type AS (x int);
CREATE DOMAIN becomes AS inner_type;
CREATE TYPE outer_type AS (a becomes, b text);
CREATE TABLE t (c outer_type, d outer_type[]);

-- In rows that are values.
CREATE SCHEMA m3;
SET search_path = m3;
CREATE DOMAIN checked AS int CHECK (VALUE > 0);
CREATE DOMAIN full_one AS text NOT NULL;
CREATE TABLE node (val checked, name full_one);
CREATE TABLE tag (n node, nn node[], own checked);
