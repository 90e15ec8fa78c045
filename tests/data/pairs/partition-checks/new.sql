-- Checks that partitions of partitions have of the whole, by a function that needs a view.
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
