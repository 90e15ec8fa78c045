CREATE TYPE pt AS (x int, y int);
CREATE TYPE addr AS (street text, zip varchar(5));
CREATE DOMAIN email AS text CHECK (VALUE ~ '@');
CREATE DOMAIN small AS int DEFAULT 1 NOT NULL CONSTRAINT few CHECK (VALUE < 10);
CREATE TYPE frange AS RANGE (subtype = float8);
CREATE TABLE t (e email, s small, p pt, f frange, fs frange[], fm fmultirange);
CREATE INDEX t_f ON t USING gist (f);
CREATE FUNCTION width(frange) RETURNS float8 LANGUAGE sql AS 'SELECT upper($1) - lower($1)';
