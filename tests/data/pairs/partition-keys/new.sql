CREATE TABLE sorts (id integer PRIMARY KEY);
CREATE TABLE bins (sort integer CONSTRAINT bins_other REFERENCES sorts DEFERRABLE, b integer, c integer) PARTITION BY LIST (b);
CREATE TABLE bins_1 (sort integer CONSTRAINT bins_sort_fkey REFERENCES sorts, b integer, c integer);
CREATE TABLE bins_2 (sort integer, b integer, c integer);
CREATE TABLE bins_3 PARTITION OF bins FOR VALUES IN (1);
CREATE TABLE bins_4 (sort integer CONSTRAINT other_name REFERENCES sorts DEFERRABLE, b integer, c integer);
ALTER TABLE bins ATTACH PARTITION bins_4 FOR VALUES IN (4);
CREATE TABLE deep (sort integer REFERENCES sorts, b integer) PARTITION BY LIST (sort);
CREATE TABLE deep_1 (sort integer CONSTRAINT deep_sort_fkey REFERENCES sorts, b integer) PARTITION BY LIST (b);
CREATE TABLE deep_1_1 PARTITION OF deep_1 FOR VALUES IN (1);
CREATE TABLE deep_1_2 (sort integer REFERENCES sorts, b integer);
CREATE TABLE ring (a integer, b integer, PRIMARY KEY (a, b), FOREIGN KEY (a, b) REFERENCES ring) PARTITION BY LIST (b);
CREATE TABLE ring_1 (a integer, b integer, PRIMARY KEY (a, b));
CREATE TABLE gone_1 ();

CREATE TABLE target (id int PRIMARY KEY);
