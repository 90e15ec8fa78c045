-- Several changes that each write or read all rows of a table.

CREATE SCHEMA o1;
SET search_path = o1;
CREATE DOMAIN a_dom AS int CHECK (VALUE > -5);
CREATE TABLE t (a int, b int DEFAULT 3, c text, d varchar(5), e date, g int GENERATED ALWAYS AS (a + 1) STORED, CHECK (a > -9));
CREATE INDEX ON t (a, b);
CREATE VIEW v AS SELECT a, b FROM t;
COMMENT ON COLUMN t.a IS 'a';
CREATE TABLE n (a int, b int, c int, d int);
CREATE TABLE par (a int DEFAULT 1, b int);
CREATE TABLE kid (k int) INHERITS (par);
CREATE TABLE pt (a int, b int) PARTITION BY LIST (b);
CREATE TABLE pt1 PARTITION OF pt DEFAULT;
CREATE TABLE r (id int PRIMARY KEY, a int, b a_dom);

CREATE SCHEMA o2;
SET search_path = o2;
CREATE SEQUENCE sq;
CREATE TABLE t (a int, b int DEFAULT 3, c int, s text DEFAULT '1');

CREATE TABLE u (id int, v int CHECK (v > -100), w int);
CREATE TABLE z (a text, b text);
