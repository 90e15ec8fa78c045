-- Columns let go of a type for a table of its name, while heirs and partitions go whose policies, views and triggers use them.

CREATE SCHEMA plain;
SET search_path = plain;
CREATE TYPE state AS ENUM ('open', 'shut');
CREATE TABLE doors (id integer PRIMARY KEY, at state DEFAULT 'open');
CREATE TABLE gates (wide boolean) INHERITS (doors);
ALTER TABLE gates ENABLE ROW LEVEL SECURITY;
CREATE POLICY open_gates ON gates USING (at = 'open');

CREATE SCHEMA divided;
SET search_path = divided;
CREATE TYPE state AS ENUM ('open', 'shut');
CREATE TABLE doors (id integer PRIMARY KEY, at state DEFAULT 'open');
CREATE TABLE gates (wide boolean) INHERITS (doors);
CREATE VIEW shut_gates AS SELECT id FROM gates WHERE at = 'shut';
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER opened BEFORE UPDATE OF at ON gates FOR EACH ROW WHEN (NEW.at = 'open') EXECUTE FUNCTION note();
CREATE TABLE garden_gates (shut boolean GENERATED ALWAYS AS (at = 'shut') STORED) INHERITS (gates);

CREATE SCHEMA joined;
SET search_path = joined;
CREATE TYPE state AS ENUM ('open', 'shut');
CREATE TABLE doors (id integer, at state DEFAULT 'open') PARTITION BY RANGE (id);
CREATE TABLE doors_low PARTITION OF doors FOR VALUES FROM (0) TO (100);
CREATE TABLE doors_high PARTITION OF doors FOR VALUES FROM (100) TO (200) PARTITION BY LIST (id);
CREATE TABLE doors_high_1 PARTITION OF doors_high FOR VALUES IN (101);
CREATE POLICY open_ones ON doors_low USING (at = 'open');
CREATE POLICY open_ones ON doors_high_1 USING (at = 'open');
CREATE VIEW shut_ones AS SELECT id FROM doors_low WHERE at = 'shut';
CREATE TABLE doors_log (id integer);
CREATE RULE shut_one AS ON UPDATE TO doors_high_1 WHERE new.at = 'shut' DO ALSO INSERT INTO doors_log VALUES (new.id);

CREATE SCHEMA split;
SET search_path = split;
CREATE TYPE state AS ENUM ('open', 'shut');
CREATE TABLE doors (id integer, at state DEFAULT 'open') PARTITION BY RANGE (id);
CREATE TABLE doors_low PARTITION OF doors FOR VALUES FROM (0) TO (100);
CREATE TABLE doors_high PARTITION OF doors FOR VALUES FROM (100) TO (200) PARTITION BY LIST (id);
CREATE TABLE doors_high_1 PARTITION OF doors_high FOR VALUES IN (101);
CREATE POLICY open_ones ON doors_low USING (at = 'open');
CREATE POLICY open_ones ON doors_high_1 USING (at = 'open');
CREATE VIEW shut_ones AS SELECT id FROM doors_low WHERE at = 'shut';
CREATE TABLE doors_log (id integer);
CREATE RULE shut_one AS ON UPDATE TO doors_high_1 WHERE new.at = 'shut' DO ALSO INSERT INTO doors_log VALUES (new.id);

CREATE SCHEMA rows;
SET search_path = rows;
CREATE TABLE hinge (size integer);
CREATE TABLE doors (id integer, h hinge) ;
CREATE TABLE gates (wide boolean) INHERITS (doors);
CREATE POLICY big ON gates USING (h IS NOT NULL);
CREATE VIEW g AS SELECT (h).size FROM gates;
