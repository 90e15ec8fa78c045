CREATE TABLE sorts (id integer PRIMARY KEY);
CREATE TABLE bins (sort integer REFERENCES sorts, b integer, c integer) PARTITION BY LIST (b);
CREATE TABLE bins_1 PARTITION OF bins FOR VALUES IN (1);
CREATE TABLE bins_2 PARTITION OF bins FOR VALUES IN (2);
CREATE TABLE bins_3 (sort integer, b integer, c integer CONSTRAINT bins_3_c REFERENCES sorts);
CREATE TABLE bins_4 (sort integer CONSTRAINT other_name REFERENCES sorts, b integer, c integer);
CREATE TABLE deep (sort integer REFERENCES sorts, b integer) PARTITION BY LIST (sort);
CREATE TABLE deep_1 PARTITION OF deep FOR VALUES IN (1) PARTITION BY LIST (b);
CREATE TABLE deep_1_1 PARTITION OF deep_1 FOR VALUES IN (1);
CREATE TABLE deep_1_2 (sort integer REFERENCES sorts, b integer);
ALTER TABLE deep_1 ATTACH PARTITION deep_1_2 FOR VALUES IN (2);
CREATE TABLE ring (a integer, b integer, PRIMARY KEY (a, b), FOREIGN KEY (a, b) REFERENCES ring) PARTITION BY LIST (b);
CREATE TABLE ring_1 PARTITION OF ring FOR VALUES IN (1);
CREATE TABLE ring_2 PARTITION OF ring FOR VALUES IN (2);
CREATE TABLE round (a integer, b integer, PRIMARY KEY (a, b), FOREIGN KEY (a, b) REFERENCES round) PARTITION BY LIST (b);
CREATE TABLE round_1 PARTITION OF round FOR VALUES IN (1);
CREATE TABLE gone (sort integer, b integer) PARTITION BY LIST (b);
CREATE TABLE gone_1 PARTITION OF gone FOR VALUES IN (1) PARTITION BY LIST (sort);
CREATE TABLE ends (x integer PRIMARY KEY);
ALTER TABLE gone ADD CONSTRAINT gone_ends FOREIGN KEY (sort) REFERENCES ends;

-- a foreign key that is gone with its table and the partitions
CREATE TABLE target (id int PRIMARY KEY);
CREATE TABLE source (id int NOT NULL, target int) PARTITION BY LIST (id);
CREATE TABLE source_1 PARTITION OF source FOR VALUES IN (1) PARTITION BY LIST (id);
CREATE TABLE source_11 PARTITION OF source_1 FOR VALUES IN (1);
ALTER TABLE source ADD CONSTRAINT to_target FOREIGN KEY (target) REFERENCES target;
