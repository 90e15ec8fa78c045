CREATE TABLE source (a int);
CREATE TABLE people (b int, x int);
CREATE VIEW leads AS SELECT b AS lead FROM people;
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT b FROM people; END;
CREATE FUNCTION g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
CREATE VIEW gv AS SELECT g() AS x;
CREATE POLICY p ON source USING (EXISTS (SELECT b FROM people));
CREATE TABLE d (a int DEFAULT g());
CREATE TYPE ty AS (a int);
CREATE FUNCTION h(x text) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT (NULL::ty).a; END;
CREATE SEQUENCE s; CREATE TABLE sd (a int default nextval('s'));

-- heirs of tables that go, while the type of a column that they have from there goes as well and its name is taken
CREATE TABLE handle (metal text);
CREATE TABLE furniture (grip handle NOT NULL, width int) PARTITION BY HASH (width);
CREATE TABLE drawer PARTITION OF furniture FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE hook (grip handle, hooks int);
CREATE TABLE shelf (depth int) INHERITS (hook);
INSERT INTO drawer VALUES ('(brass)', 40);
INSERT INTO shelf VALUES ('(iron)', 2, 30);
