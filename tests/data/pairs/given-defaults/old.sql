-- Defaults that columns and domains have from their types: a column that comes with one writes the rows anew.

CREATE TYPE grade;
CREATE FUNCTION grade_in(cstring) RETURNS grade LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION grade_out(grade) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE grade (INPUT = grade_in, OUTPUT = grade_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, DEFAULT = '7');
CREATE DOMAIN mark AS grade;
CREATE DOMAIN other AS integer DEFAULT 3;
CREATE DOMAIN another AS other DEFAULT NULL;
CREATE DOMAIN third AS other;
CREATE TABLE pupils (id integer);
CREATE TABLE classes (best pupils);
CREATE TYPE seat AS (x integer);
CREATE TABLE seats OF seat;
CREATE TABLE rows_of (first seats);
CREATE DOMAIN low AS integer;
CREATE DOMAIN lower AS low;
ALTER DOMAIN low SET DEFAULT 1;
