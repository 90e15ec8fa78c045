-- Domains over composite types and arrays, whose insides change.

CREATE SCHEMA m1;
SET search_path = m1;
CREATE TYPE pt AS (x int, y int);
CREATE DOMAIN dpt AS pt CHECK ((VALUE).x > 0);
CREATE DOMAIN arr AS int[] CHECK (array_length(VALUE, 1) < 9);
CREATE DOMAIN dd AS arr NOT NULL;
CREATE TABLE t (a dpt, b arr, c dd DEFAULT '{}', d dpt[]);
CREATE FUNCTION ok(int[]) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE INDEX ON t (b); CREATE UNIQUE INDEX ON t (c);

CREATE SCHEMA m2;
SET search_path = m2;
CREATE TYPE inner_type AS (x int);
CREATE DOMAIN becomes AS interval;
CREATE TYPE outer_type AS (a becomes, b text);
CREATE TABLE t (c outer_type, d outer_type[]);

-- In rows that are values.
CREATE SCHEMA m3;
SET search_path = m3;
CREATE DOMAIN checked AS int;
CREATE DOMAIN full_one AS text;
CREATE TABLE node (val checked, name full_one);
CREATE TABLE tag (n node, nn node[], own checked);
INSERT INTO tag VALUES ('(1,one)', '{"(2,two)"}', 3);
