-- Two indexes of the same columns, and which of the partition's becomes part of which.

CREATE SCHEMA d1;
SET search_path = d1;
CREATE TABLE p (id int PRIMARY KEY, k int, t text) PARTITION BY RANGE (id);
CREATE UNIQUE INDEX p_u ON p (id);
CREATE UNIQUE INDEX p_u2 ON p (id);
CREATE TABLE p1 (id int PRIMARY KEY, k int, t text);
CREATE UNIQUE INDEX p1_x ON p1 (id);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);

CREATE SCHEMA d2;
SET search_path = d2;
CREATE TABLE p (id int, k int, t text) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);
CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (200) TO (300);
CREATE INDEX ix ON p (k);
CREATE INDEX iy ON ONLY p (t);
CREATE INDEX iy1 ON p1 (t);
CREATE INDEX iy2 ON p2 (t);
ALTER INDEX iy ATTACH PARTITION iy2;
CREATE INDEX full_ ON ONLY p (k, t);

-- schema files: both keys of a partition before those of the whole
CREATE TABLE doors (id int NOT NULL, CONSTRAINT doors_a PRIMARY KEY (id)) PARTITION BY HASH (id);
ALTER TABLE doors ADD CONSTRAINT doors_b UNIQUE (id);
CREATE TABLE doors_part PARTITION OF doors FOR VALUES WITH (MODULUS 1, REMAINDER 0);
-- and a partition before its whole's index, though the names go round in a circle
CREATE TABLE rooms (hinges boolean);
CREATE TABLE walls (tag text, height int, room rooms) PARTITION BY LIST (tag);
CREATE TABLE hinges PARTITION OF walls FOR VALUES IN ('1');
CREATE INDEX tall ON walls (height);
