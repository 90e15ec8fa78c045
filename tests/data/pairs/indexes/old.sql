CREATE TABLE t (a int, b text, c text, d jsonb, e int[]);
CREATE INDEX i1 ON t (a);
CREATE INDEX i2 ON t (lower(b)) WHERE c IS NOT NULL;
CREATE UNIQUE INDEX i3 ON t (a, b) INCLUDE (c);
CREATE INDEX i4 ON t USING gin (d);
CREATE INDEX i5 ON t (b text_pattern_ops DESC NULLS LAST);
CREATE UNIQUE INDEX i6 ON t (c);
ALTER TABLE t CLUSTER ON i1;
