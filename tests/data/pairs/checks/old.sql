CREATE TABLE t (a int CHECK (a > 0), b varchar(5) CHECK (b IN ('x', 'y')), c int, d int4range, e int,
	CONSTRAINT pair CHECK (a < c), EXCLUDE USING gist (d WITH &&));
