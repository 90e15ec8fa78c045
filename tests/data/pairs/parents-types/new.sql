-- Columns that heirs have from several parents, and that take other types in all of them; heirs that go meanwhile.

CREATE SCHEMA divided;
SET search_path = divided;
CREATE TABLE state (name text PRIMARY KEY);
CREATE TABLE doors (id integer, at text) PARTITION BY RANGE (id);
CREATE TABLE doors_low PARTITION OF doors FOR VALUES FROM (0) TO (100);
CREATE TABLE traps (at text, deep integer) PARTITION BY RANGE (deep);
CREATE TABLE traps_low PARTITION OF traps FOR VALUES FROM (0) TO (100);

CREATE SCHEMA replaced;
SET search_path = replaced;
CREATE TYPE state AS ENUM ('shut', 'open');
CREATE TABLE doors (id integer, at state);
CREATE TABLE traps (at state, deep integer);
CREATE TABLE gates (wide boolean) INHERITS (doors, traps);

CREATE SCHEMA rows;
SET search_path = rows;
CREATE TABLE hinge (size bigint);
CREATE TABLE doors (id integer, h hinge);
CREATE TABLE traps (h hinge, deep integer);
CREATE TABLE gates (wide boolean) INHERITS (doors, traps);
CREATE POLICY big ON gates USING (h IS NOT NULL);

CREATE SCHEMA rows_gone;
SET search_path = rows_gone;
CREATE TABLE hinge (size bigint);
CREATE TABLE doors (id integer, h hinge);
CREATE TABLE traps (h hinge, deep integer);

CREATE SCHEMA plain;
SET search_path = plain;
CREATE TABLE doors (id integer, at bigint);
CREATE TABLE traps (at bigint, deep integer);
CREATE TABLE gates (wide boolean) INHERITS (doors, traps);

CREATE SCHEMA deep;
SET search_path = deep;
CREATE TABLE root (at bigint DEFAULT 2, CONSTRAINT positive CHECK (at > 0));
CREATE TABLE left_one (l text) INHERITS (root);
CREATE TABLE right_one (r text) INHERITS (root);
CREATE TABLE both_ones (b text) INHERITS (left_one, right_one);
CREATE TABLE alone (r text, at bigint NOT NULL, e text, CONSTRAINT positive CHECK (at > 0));
CREATE TABLE third (own integer, come integer);
CREATE TABLE all_of (own integer DEFAULT 3, at bigint DEFAULT 7) INHERITS (both_ones, alone, third);
CREATE TABLE below (deep integer, more integer GENERATED ALWAYS AS (own + 1) STORED) INHERITS (all_of);
CREATE INDEX below_at ON below (at, deep);
CREATE VIEW seen AS SELECT at, own FROM all_of WHERE at > 2;
CREATE POLICY far ON below USING (at > 3);
