-- Functions and operator classes by which tables are divided are made anew; views sort by operators of such classes.

CREATE SCHEMA s1;
SET search_path = s1;
CREATE FUNCTION g(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE pt (k int, v int) PARTITION BY RANGE (g(k));
CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (0) TO (10);
CREATE TABLE pt2 PARTITION OF pt DEFAULT PARTITION BY LIST ((g(v) + 1));
CREATE TABLE pt21 PARTITION OF pt2 FOR VALUES IN (1);

CREATE SCHEMA s2;
SET search_path = s2;
CREATE TYPE c AS (r bigint, i int);
CREATE FUNCTION c_cmp(c, c) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT 0 * ($1).i + ($1).i - ($2).i';
CREATE FUNCTION c_lt(a c, b c) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).r < ($2).r';
CREATE FUNCTION c_gt(c, c) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).r > ($2).r';
CREATE FUNCTION c_eq(c, c) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).r = ($2).r';
CREATE FUNCTION c_le(c, c) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).r <= ($2).r';
CREATE FUNCTION c_ge(c, c) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).r >= ($2).r';
CREATE OPERATOR |<| (LEFTARG = c, RIGHTARG = c, FUNCTION = c_lt, COMMUTATOR = |>|);
CREATE OPERATOR |>| (LEFTARG = c, RIGHTARG = c, FUNCTION = c_gt, COMMUTATOR = |<|);
CREATE OPERATOR |=| (LEFTARG = c, RIGHTARG = c, FUNCTION = c_eq, COMMUTATOR = |=|, HASHES);
CREATE OPERATOR |<=| (LEFTARG = c, RIGHTARG = c, FUNCTION = c_le, NEGATOR = |>|);
CREATE OPERATOR |>=| (LEFTARG = c, RIGHTARG = c, FUNCTION = c_ge, NEGATOR = |<|);
CREATE OPERATOR CLASS c_ops FOR TYPE c USING btree AS OPERATOR 1 |<|, OPERATOR 2 |<=|, OPERATOR 3 |=|, OPERATOR 4 |>=|, OPERATOR 5 |>|, FUNCTION 1 c_cmp(c, c);
CREATE TABLE t (k c, v int, EXCLUDE USING btree (k c_ops WITH |=|));
CREATE INDEX ti ON t (k c_ops DESC) WHERE v > 0;
CREATE TABLE pt (k c, v int) PARTITION BY RANGE (k c_ops);
CREATE VIEW v AS SELECT * FROM t WHERE k |<| ROW(7,2)::c ORDER BY k USING |<|;
