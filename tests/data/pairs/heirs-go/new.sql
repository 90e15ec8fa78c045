-- Columns let go of a type for a table of its name, while heirs and partitions go whose policies, views and triggers use them.

CREATE SCHEMA plain;
SET search_path = plain;
CREATE TABLE state (name text PRIMARY KEY);
CREATE TABLE doors (id integer PRIMARY KEY, at text DEFAULT 'open');

CREATE SCHEMA divided;
SET search_path = divided;
CREATE TABLE state (name text PRIMARY KEY);
CREATE TABLE doors (id integer, at text) PARTITION BY RANGE (id);
CREATE TABLE doors_low PARTITION OF doors FOR VALUES FROM (0) TO (100);

CREATE SCHEMA joined;
SET search_path = joined;
CREATE TABLE state (name text PRIMARY KEY);
CREATE TABLE doors (id integer, at text);
CREATE TABLE doors_log (id integer);

CREATE SCHEMA split;
SET search_path = split;
CREATE TABLE state (name text PRIMARY KEY);
CREATE TABLE doors (id integer, at text) PARTITION BY RANGE (id);
CREATE TABLE doors_all PARTITION OF doors FOR VALUES FROM (0) TO (300);
CREATE TABLE doors_log (id integer);

CREATE SCHEMA rows;
SET search_path = rows;
CREATE TABLE hinge (size bigint);
CREATE TABLE doors (id integer, h hinge) PARTITION BY LIST (id);
CREATE TABLE doors_all PARTITION OF doors DEFAULT;
