-- A foreign key of a partitioned table to itself, over a key that carries a column of a type that goes.
CREATE TYPE label AS (days date[], text text);
CREATE TABLE part (nr varchar, house varchar, label label) PARTITION BY HASH (house, nr);
CREATE TABLE part_some (nr varchar, house varchar, label label) PARTITION BY HASH (nr);
ALTER TABLE part ATTACH PARTITION part_some FOR VALUES WITH (MODULUS 4, REMAINDER 0);
ALTER TABLE part ADD CONSTRAINT part_key PRIMARY KEY (house, nr) INCLUDE (label);
ALTER TABLE part ADD CONSTRAINT part_of FOREIGN KEY (nr, house) REFERENCES part (house, nr) DEFERRABLE;
CREATE TABLE tree (id int PRIMARY KEY, above int REFERENCES tree) PARTITION BY LIST (id);
CREATE TABLE tree_low PARTITION OF tree FOR VALUES IN (1, 2) PARTITION BY LIST (id);
CREATE TABLE tree_lowest PARTITION OF tree_low FOR VALUES IN (1);
