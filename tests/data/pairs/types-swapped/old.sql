-- Types and relations in whose place others of another kind come, or whose keys' names others take, while columns have them.

CREATE SCHEMA s1;
SET search_path = s1;
CREATE TYPE x AS (i int, j text);
CREATE DOMAIN dx AS x;
CREATE TYPE cx AS (a dx, b x[]);
CREATE TYPE rx AS RANGE (subtype = x);
CREATE TABLE t (id int, c x DEFAULT '(1,a)', d x[], e dx, f cx, g rx, h x, l int);
CREATE INDEX ON t (c);
CREATE VIEW v AS SELECT c, (c).i FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT d FROM t;
CREATE FUNCTION fx(x) RETURNS x LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE gen (id int, c x, k int GENERATED ALWAYS AS ((c).i) STORED);
CREATE TABLE whole (id int, c x) PARTITION BY LIST (id);
CREATE TABLE part PARTITION OF whole DEFAULT;
CREATE TABLE up (c x[]);
CREATE TABLE down (e dx) INHERITS (up);
CREATE TYPE en AS ENUM ('a', 'b');
CREATE TABLE ten (c en, d en[]);
CREATE DOMAIN dom AS int;
CREATE TABLE tdom (c dom, d dom[]);
CREATE TABLE tab (i int, j text);
CREATE TABLE ttab (c tab, d tab[]);
CREATE VIEW vw AS SELECT 1 AS i;
CREATE TABLE tvw (c vw, m vw[]);
CREATE SEQUENCE sq;
CREATE TABLE named (i int CONSTRAINT pkey PRIMARY KEY, j text);
CREATE TABLE holds (c named, d named[], e int DEFAULT 4);
CREATE DOMAIN over_named AS named;
CREATE TABLE holds2 (c over_named);

-- sequences that take the names of domains
CREATE DOMAIN seq_name AS int;
CREATE DOMAIN u_id_seq AS int;
CREATE TYPE drops AS (a int, b seq_name, c u_id_seq);
CREATE TABLE uses (v drops);
