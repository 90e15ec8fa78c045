CREATE TABLE ring (i int);
CREATE TABLE rings (i int);
CREATE VIEW stamp AS SELECT 1 AS one;
CREATE VIEW reads AS SELECT i FROM rings;
CREATE TYPE word AS ENUM ('a');
CREATE TABLE words (i int CONSTRAINT word_of PRIMARY KEY);
CREATE INDEX word ON words (i);
CREATE PUBLICATION whole FOR TABLE ring, TABLES IN SCHEMA public;
-- the multirange keeps its name while another range takes it over
CREATE TYPE term AS RANGE (subtype = date, multirange_type_name = terms);
CREATE TABLE lease (code int, held term, free boolean GENERATED ALWAYS AS (held IS NULL) STORED);
