CREATE TABLE part (noted date, nr varchar) PARTITION BY RANGE (nr);
CREATE TABLE part_some (kind bigint, house date);
CREATE TABLE label (text varchar);
CREATE TABLE tree (id int, above int) PARTITION BY LIST (id);
CREATE TABLE tree_low (id int PRIMARY KEY, above int) PARTITION BY RANGE (id);
CREATE TABLE tree_lowest PARTITION OF tree FOR VALUES IN (1);
