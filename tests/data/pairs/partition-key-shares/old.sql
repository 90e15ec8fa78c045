-- A key of a partition is its share of an index of the whole.
CREATE TABLE readings (sensor integer, at date, value real) PARTITION BY LIST (sensor);
CREATE TABLE readings_one PARTITION OF readings FOR VALUES IN (1);
CREATE TABLE readings_more PARTITION OF readings FOR VALUES IN (2, 3) PARTITION BY LIST (sensor);
CREATE TABLE readings_two PARTITION OF readings_more FOR VALUES IN (2);
ALTER TABLE readings_one ADD PRIMARY KEY (sensor, at);
ALTER TABLE readings_two ADD CONSTRAINT once UNIQUE (sensor, at);
CREATE UNIQUE INDEX readings_once ON readings (sensor, at);
CREATE TABLE notes (sensor integer, at date, FOREIGN KEY (sensor, at) REFERENCES readings_one);

CREATE TABLE visits (page integer) PARTITION BY LIST (page);
CREATE TABLE visits_one PARTITION OF visits FOR VALUES IN (1);
CREATE TABLE visits_two PARTITION OF visits FOR VALUES IN (2);

CREATE TABLE orders (id integer) PARTITION BY LIST (id);
CREATE TABLE orders_one PARTITION OF orders FOR VALUES IN (1);
ALTER TABLE orders_one ADD CONSTRAINT orders_pk PRIMARY KEY (id);
CREATE UNIQUE INDEX orders_ids ON orders (id);

CREATE TABLE gone (id integer) PARTITION BY LIST (id);
CREATE TABLE gone_one PARTITION OF gone FOR VALUES IN (1);
ALTER TABLE gone_one ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX gone_ids ON gone (id);

-- shares of a key that are written apart, made in one order and in another
CREATE TABLE seats (id integer NOT NULL) PARTITION BY LIST (id);
CREATE TABLE seats_b PARTITION OF seats FOR VALUES IN (2);
ALTER TABLE seats ADD PRIMARY KEY (id);
