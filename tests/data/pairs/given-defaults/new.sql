-- Defaults that columns and domains have from their types: a column that comes with one writes the rows anew.

CREATE TYPE grade;
CREATE FUNCTION grade_in(cstring) RETURNS grade LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION grade_out(grade) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE grade (INPUT = grade_in, OUTPUT = grade_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, DEFAULT = '7');
CREATE DOMAIN mark AS grade DEFAULT NULL;
CREATE DOMAIN free AS grade DEFAULT NULL;
CREATE DOMAIN taken AS grade;
CREATE DOMAIN other AS integer;
CREATE DOMAIN another AS other DEFAULT 4;
CREATE DOMAIN fourth AS another DEFAULT NULL;
CREATE DOMAIN third AS other;
CREATE TABLE pupils (id integer, list grade[], last grade NOT NULL);
CREATE TABLE classes (best pupils);
CREATE TYPE seat AS (x integer, g grade, a another);
CREATE TABLE seats OF seat;
CREATE TABLE rows_of (first seats);
