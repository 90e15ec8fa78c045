-- Checks and indexes that partitions of partitions have of the whole; functions that need a view, one called as a partition.
CREATE TABLE banned (n int);
CREATE VIEW bad AS SELECT n FROM banned;
CREATE FUNCTION fine(i int) RETURNS bool LANGUAGE sql IMMUTABLE
BEGIN ATOMIC SELECT i <> 13 AND NOT EXISTS (SELECT FROM bad WHERE n = i); END;
CREATE TABLE parcel (day int, weight int) PARTITION BY RANGE (day);
CREATE SCHEMA parts;
CREATE TABLE early PARTITION OF parcel FOR VALUES FROM (0) TO (10) PARTITION BY HASH (weight);
CREATE TABLE parts.one PARTITION OF early FOR VALUES WITH (modulus 4, remainder 1);
ALTER TABLE parcel ADD CONSTRAINT fine CHECK (fine(weight)) NOT VALID;
ALTER TABLE early ADD CONSTRAINT light CHECK (weight < 50);
CREATE FUNCTION early(i int) RETURNS bool LANGUAGE sql STABLE BEGIN ATOMIC SELECT EXISTS (SELECT FROM bad WHERE n = i); END;
CREATE INDEX by_weight ON parcel (weight);
