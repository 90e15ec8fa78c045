CREATE TABLE t (a int DEFAULT 1, b varchar(10), c text, d timestamp, e text DEFAULT '1', f numeric(8,2), g text[], h char(3));
CREATE INDEX t_b ON t (b);
CREATE VIEW v AS SELECT a, b || 'x' AS bx FROM t WHERE f > 1;
CREATE TABLE u (n smallint NOT NULL, CHECK (n > 0));
