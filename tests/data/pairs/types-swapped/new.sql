-- Types and relations in whose place others of another kind come, or whose keys' names others take, while columns have them.

CREATE SCHEMA s1;
SET search_path = s1;
CREATE TABLE x (j text, i int);
CREATE DOMAIN dx AS x;
CREATE TYPE cx AS (a dx, b x[]);
CREATE TYPE rx AS RANGE (subtype = x);
CREATE TABLE t (id int, c x DEFAULT '(a,1)', d x[], e dx, f cx, g rx, h text, k x);
CREATE INDEX ON t (c);
CREATE VIEW v AS SELECT c, (c).i FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT d FROM t;
CREATE FUNCTION fx(x) RETURNS x LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE gen (id int, c x, k int GENERATED ALWAYS AS ((c).i) STORED);
CREATE TABLE whole (id int, c x) PARTITION BY LIST (id);
CREATE TABLE part PARTITION OF whole DEFAULT;
CREATE TABLE up (c x[]);
CREATE TABLE down (e dx) INHERITS (up);
CREATE TABLE en (i int);
CREATE TABLE ten (c en, d en[]);
CREATE TABLE dom (i int);
CREATE TABLE tdom (c dom, d dom[]);
CREATE DOMAIN tab AS int;
CREATE TABLE ttab (c tab, d tab[]);
CREATE TYPE vw AS (i int);
CREATE TABLE tvw (c vw, m vw[]);
CREATE TABLE sq (i int);
CREATE TABLE other (i int CONSTRAINT pkey PRIMARY KEY, j text);
CREATE TABLE holds (c other, d other[], e int DEFAULT 4);
CREATE DOMAIN over_named AS other;
CREATE TABLE holds2 (c over_named);

-- sequences that take the names of domains
CREATE SEQUENCE seq_name;
CREATE TABLE late (i int);
CREATE TABLE a_u (n int, id int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME u_id_seq));
CREATE TYPE drops AS (a int, d late);
CREATE TABLE uses (v drops);
