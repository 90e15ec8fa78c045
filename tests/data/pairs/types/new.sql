CREATE TYPE pt AS (x int, y int, z int);
CREATE TYPE addr AS (zip varchar(10), street text COLLATE "C");
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@]+@[^@]+$');
CREATE DOMAIN small AS int DEFAULT 2 CONSTRAINT few CHECK (VALUE < 20) CONSTRAINT more CHECK (VALUE > 0);
CREATE TYPE frange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE trange AS RANGE (subtype = time, multirange_type_name = tranges);
CREATE TABLE t (e email, s small, p pt);
COMMENT ON DOMAIN email IS 'somebody@somewhere';
