-- partitions become one table; one stays by itself
CREATE TABLE sale (id int, region text, amount int) PARTITION BY LIST (region);
CREATE TABLE sale_north PARTITION OF sale FOR VALUES IN ('v1', 'v2');
CREATE TABLE sale_south PARTITION OF sale FOR VALUES IN ('v3', 'v4');
CREATE TABLE sale_kept PARTITION OF sale DEFAULT;
