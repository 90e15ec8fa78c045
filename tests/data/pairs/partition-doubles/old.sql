-- Two indexes of the same columns, and which of the partition's becomes part of which.

CREATE SCHEMA d1;
SET search_path = d1;
CREATE TABLE p (id int PRIMARY KEY, k int, t text) PARTITION BY RANGE (id);
CREATE UNIQUE INDEX p_u ON p (id);
CREATE UNIQUE INDEX p_u2 ON p (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE p2 (id int PRIMARY KEY, k int, t text);
CREATE UNIQUE INDEX p2_a ON p2 (id);
CREATE UNIQUE INDEX p2_b ON p2 (id);

CREATE SCHEMA d2;
SET search_path = d2;
CREATE TABLE p (id int, k int, t text) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);
CREATE TABLE p3 (id int, k int, t text);
CREATE INDEX ix ON ONLY p (k);
CREATE INDEX ix1 ON p1 (k);
ALTER INDEX ix ATTACH PARTITION ix1;
CREATE INDEX iy ON ONLY p (t);
CREATE INDEX iy2 ON p2 (t);
CREATE INDEX full_ ON p (k, t);
