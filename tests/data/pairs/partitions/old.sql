CREATE TABLE log (id int, at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE log_2020 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_2021 PARTITION OF log FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE INDEX log_at ON log (at);
CREATE TABLE plain (a int, b text);
CREATE TABLE byhash (a int) PARTITION BY HASH (a);
CREATE TABLE byhash_0 PARTITION OF byhash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE meter (id int, r int, v text, PRIMARY KEY (id, r), CONSTRAINT above CHECK (r > 0) NOT VALID) PARTITION BY RANGE (r);
CREATE TABLE meter_1 PARTITION OF meter (v DEFAULT 'x', CHECK (v <> 'y')) FOR VALUES FROM (1) TO (10);
CREATE TABLE meter_2 PARTITION OF meter FOR VALUES FROM (10) TO (20);

-- computed for all of them, and for the heir
CREATE TABLE sums (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a);
CREATE TABLE sums_1 PARTITION OF sums FOR VALUES IN (1);
CREATE TABLE total (a int, b int GENERATED ALWAYS AS (a + 1) STORED);
CREATE TABLE subtotal () INHERITS (total);

-- a partition's own key goes with it: for good, and once it is by itself
CREATE TABLE parcels (kg int, zone int, hub text) PARTITION BY LIST (kg);
CREATE TABLE heavy PARTITION OF parcels FOR VALUES IN (30) PARTITION BY LIST (zone);
CREATE TABLE heavy_near PARTITION OF heavy FOR VALUES IN (1) PARTITION BY LIST (hub);
CREATE TABLE light PARTITION OF parcels FOR VALUES IN (1) PARTITION BY LIST (hub);
