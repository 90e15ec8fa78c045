CREATE TABLE readings (sensor integer, at date, value double precision) PARTITION BY LIST (sensor);
CREATE TABLE readings_one PARTITION OF readings FOR VALUES IN (1);
CREATE TABLE readings_more PARTITION OF readings FOR VALUES IN (2, 3) PARTITION BY LIST (sensor);
CREATE TABLE readings_two PARTITION OF readings_more FOR VALUES IN (2);
CREATE TABLE readings_three PARTITION OF readings_more FOR VALUES IN (3);
ALTER TABLE readings_one ADD PRIMARY KEY (sensor, at);
CREATE UNIQUE INDEX readings_once ON readings (sensor, at);
CREATE TABLE notes (sensor integer, at date, FOREIGN KEY (sensor, at) REFERENCES readings_one);

CREATE TABLE visits (page integer) PARTITION BY LIST (page);
CREATE TABLE visits_one PARTITION OF visits FOR VALUES IN (1);
CREATE TABLE visits_two PARTITION OF visits FOR VALUES IN (2);
ALTER TABLE visits_two ADD PRIMARY KEY (page);
CREATE UNIQUE INDEX visits_pages ON visits (page);

CREATE TABLE orders (id integer) PARTITION BY LIST (id);
CREATE TABLE orders_one (id integer);
ALTER TABLE orders_one ADD CONSTRAINT orders_pk PRIMARY KEY (id);
CREATE UNIQUE INDEX orders_ids ON orders (id);

CREATE TABLE gone (id integer) PARTITION BY LIST (id);
CREATE TABLE gone_one PARTITION OF gone FOR VALUES IN (1);
ALTER TABLE gone_one ADD PRIMARY KEY (id);

CREATE TABLE seats (id integer NOT NULL) PARTITION BY LIST (id);
CREATE TABLE seats_a PARTITION OF seats FOR VALUES IN (1);
ALTER TABLE seats_a ADD UNIQUE (id);
CREATE TABLE seats_b PARTITION OF seats FOR VALUES IN (2);
ALTER TABLE seats ADD PRIMARY KEY (id);
