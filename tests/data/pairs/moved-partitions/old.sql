-- partitions become one table; one stays by itself
CREATE TABLE sale (id int, region text, amount int) PARTITION BY LIST (region);
CREATE TABLE sale_north PARTITION OF sale FOR VALUES IN ('v1', 'v2');
CREATE TABLE sale_south PARTITION OF sale FOR VALUES IN ('v3', 'v4');
CREATE TABLE sale_kept PARTITION OF sale DEFAULT;
-- with values of a row type that changes, by default too; a partition's name is another thing's afterwards
CREATE TABLE spot (x int, y int);
CREATE TABLE stop (id int, at spot DEFAULT '(,)'::spot) PARTITION BY LIST (id);
CREATE TABLE stop_some PARTITION OF stop DEFAULT PARTITION BY LIST (id);
CREATE TABLE stop_rest PARTITION OF stop_some DEFAULT;

-- a partition with a key of its own to its whole, which is made anew
CREATE TABLE tally (tag text, share numeric) PARTITION BY LIST (share);
