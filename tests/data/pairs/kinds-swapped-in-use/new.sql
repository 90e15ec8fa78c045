CREATE TABLE source (a int);
CREATE VIEW people AS SELECT a AS node, a AS x FROM source;
CREATE VIEW leads AS SELECT node AS lead FROM people;
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT node FROM people; END;
CREATE AGGREGATE g(*) (sfunc = int4inc, stype = int, initcond = '0');
CREATE VIEW gv AS SELECT g(*)::int AS x FROM source;
CREATE POLICY p ON source USING (EXISTS (SELECT node FROM people));
CREATE FUNCTION g2(b int = 3) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 2; END;
CREATE TABLE d (a int DEFAULT g2(7));
CREATE TABLE ty (b int);
CREATE FUNCTION h(x text) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT (NULL::ty).b; END;
CREATE TABLE sx (s int); CREATE VIEW s AS SELECT 1 AS last_value;  CREATE TABLE sd (a int default 3);

CREATE DOMAIN handle AS boolean;
CREATE TABLE drawer (width bigint, made date) PARTITION BY LIST (width);
CREATE TABLE drawers PARTITION OF drawer DEFAULT;
CREATE TABLE shelf (depth bigint, made date) PARTITION BY LIST (depth);
CREATE TABLE shelves PARTITION OF shelf DEFAULT;
