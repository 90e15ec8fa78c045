-- Columns that heirs have from several parents, and that take other types in all of them; heirs that go meanwhile.

CREATE SCHEMA divided;
SET search_path = divided;
CREATE TYPE state AS ENUM ('open', 'shut');
CREATE TABLE doors (id integer, at state DEFAULT 'open');
CREATE TABLE traps (at state, deep integer);
CREATE TABLE gates (wide boolean) INHERITS (doors, traps);
ALTER TABLE gates ENABLE ROW LEVEL SECURITY;
CREATE POLICY open_gates ON gates USING (at = 'open');
CREATE VIEW shut_gates AS SELECT id FROM gates WHERE at = 'shut';

CREATE SCHEMA replaced;
SET search_path = replaced;
CREATE TYPE state AS ENUM ('open', 'shut');
CREATE TABLE doors (id integer, at state DEFAULT 'open');
CREATE TABLE traps (at state, deep integer);
CREATE TABLE gates (wide boolean) INHERITS (doors, traps);
ALTER TABLE gates ENABLE ROW LEVEL SECURITY;
CREATE POLICY open_gates ON gates USING (at = 'open');
CREATE VIEW shut_gates AS SELECT id FROM gates WHERE at = 'shut';

CREATE SCHEMA rows;
SET search_path = rows;
CREATE TABLE hinge (size integer);
CREATE TABLE doors (id integer, h hinge);
CREATE TABLE traps (h hinge, deep integer);
CREATE TABLE gates (wide boolean) INHERITS (doors, traps);
CREATE POLICY big ON gates USING (h IS NOT NULL);

CREATE SCHEMA rows_gone;
SET search_path = rows_gone;
CREATE TABLE hinge (size integer);
CREATE TABLE doors (id integer, h hinge);
CREATE TABLE traps (h hinge, deep integer);
CREATE TABLE gates (wide boolean) INHERITS (doors, traps);
CREATE POLICY big ON gates USING (h IS NOT NULL);

CREATE SCHEMA plain;
SET search_path = plain;
CREATE TABLE doors (id integer, at integer);
CREATE TABLE traps (at integer, deep integer);
CREATE TABLE gates (wide boolean) INHERITS (doors, traps);

CREATE SCHEMA deep;
SET search_path = deep;
CREATE TABLE root (at integer DEFAULT 1, CONSTRAINT positive CHECK (at > 0));
CREATE TABLE left_one (l text) INHERITS (root);
CREATE TABLE right_one (r text) INHERITS (root);
CREATE TABLE both_ones () INHERITS (left_one, right_one);
CREATE TABLE alone (r text, at integer NOT NULL, CONSTRAINT positive CHECK (at > 0));
CREATE TABLE third (own integer, gone integer);
CREATE TABLE all_of (own integer DEFAULT 3, at integer DEFAULT 7) INHERITS (both_ones, alone, third);
CREATE TABLE below (deep integer, more integer GENERATED ALWAYS AS (own + 1) STORED) INHERITS (all_of);
CREATE INDEX below_at ON below (at, deep);
CREATE VIEW seen AS SELECT at, own FROM all_of WHERE at > 2;
CREATE POLICY far ON below USING (at > 3);
