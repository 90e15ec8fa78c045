CREATE TABLE t (a bigint DEFAULT 1, b varchar(20), c varchar(30), d timestamptz, e int DEFAULT 1, f numeric(12,4), g int[], h text);
CREATE INDEX t_b ON t (b);
CREATE VIEW v AS SELECT a, b || 'x' AS bx FROM t WHERE f > 1;
CREATE TABLE u (n bigint NOT NULL, CHECK (n > 0));
