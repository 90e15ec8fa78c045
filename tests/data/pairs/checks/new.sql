CREATE TABLE t (a int CHECK (a >= 0), b varchar(5) CHECK (b IN ('x', 'y', 'z')), c int, d int4range, e int,
	CONSTRAINT pair CHECK (a <= c) NO INHERIT, EXCLUDE USING gist (d WITH -|-) WHERE (a > 5));
ALTER TABLE t ADD CONSTRAINT late CHECK (e <> 7) NOT VALID;
