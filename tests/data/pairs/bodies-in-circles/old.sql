-- on both sides, in circles and out of them
CREATE TABLE queue (id int PRIMARY KEY, label text);
CREATE FUNCTION place(wanted int) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN wanted;
ALTER TABLE queue ADD COLUMN place bigint GENERATED ALWAYS AS (place(id)) STORED;

CREATE TABLE cell (id int, near int);
CREATE FUNCTION weight(wanted int) RETURNS bigint LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT count(*) FROM cell WHERE near = wanted; END;
CREATE TABLE grid (id int, cell int) PARTITION BY RANGE (weight(cell), id);
CREATE TABLE grid_low PARTITION OF grid FOR VALUES FROM (0, 0) TO (9, 0);
INSERT INTO cell VALUES (1, 1), (2, 1);

CREATE TABLE node (id int PRIMARY KEY, up int);
CREATE FUNCTION depth(from_id int) RETURNS bigint LANGUAGE sql IMMUTABLE
	BEGIN ATOMIC SELECT count(*) FROM node WHERE node.id < from_id; END;
ALTER TABLE node ADD COLUMN depth bigint GENERATED ALWAYS AS (depth(up)) STORED;

-- a body that comes to be in a circle with what is new
CREATE FUNCTION mark(wanted int) RETURNS int LANGUAGE sql IMMUTABLE RETURN wanted;
CREATE FUNCTION marks() RETURNS bigint LANGUAGE sql RETURN mark(1);
CREATE VIEW marked AS SELECT mark(1) AS one;
