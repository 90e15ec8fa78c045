CREATE TABLE queue (id int PRIMARY KEY, label text);
CREATE FUNCTION place(wanted int) RETURNS bigint LANGUAGE sql IMMUTABLE
	BEGIN ATOMIC SELECT count(*) FROM queue WHERE queue.id < wanted; END;
ALTER TABLE queue ADD COLUMN place bigint GENERATED ALWAYS AS (place(id)) STORED;

-- a partition key
CREATE TABLE cell (id int, near int);
CREATE TABLE grid (id int, cell int);
CREATE FUNCTION weight(wanted int) RETURNS bigint LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT count(*) FROM cell WHERE near = wanted; END;
ALTER TABLE cell ADD COLUMN weight bigint GENERATED ALWAYS AS (weight(id)) STORED;

-- a default of a key, which has the row type of its table
CREATE TABLE self (id int PRIMARY KEY, n int);
CREATE FUNCTION first_free(self) RETURNS int LANGUAGE sql STABLE RETURN $1.n;
ALTER TABLE self ALTER id SET DEFAULT first_free(NULL::self), ADD CHECK (id > 0);

CREATE TABLE node (id int PRIMARY KEY, up int);
CREATE FUNCTION depth(from_id int) RETURNS bigint LANGUAGE sql IMMUTABLE
	BEGIN ATOMIC SELECT count(*) FROM node WHERE node.id < from_id AND node.up > 0; END;
ALTER TABLE node ADD COLUMN depth bigint GENERATED ALWAYS AS (depth(up)) STORED;
CREATE PROCEDURE prune() LANGUAGE sql BEGIN ATOMIC DELETE FROM node WHERE node.depth > depth(0); END;

CREATE FUNCTION mark(wanted int) RETURNS int LANGUAGE sql IMMUTABLE RETURN wanted;
CREATE TABLE mark (id int, mark int GENERATED ALWAYS AS (mark(id)) STORED);
CREATE OR REPLACE FUNCTION mark(wanted int) RETURNS int LANGUAGE sql IMMUTABLE COST 3 BEGIN ATOMIC SELECT max(mark.id) FROM mark WHERE id < wanted; END;
COMMENT ON FUNCTION mark(int) IS 'marks';
CREATE VIEW marked AS SELECT mark(1) AS one;
CREATE FUNCTION marks() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM marked; END;
CREATE OR REPLACE VIEW marked AS SELECT mark(1) AS one, marks() AS n;
