-- Partitions with foreign keys of their own to what they, or others that refer to them, are part of; they have two keys alike.

CREATE SCHEMA home;
SET search_path = home;

CREATE SCHEMA each_other;
SET search_path = each_other;
CREATE TABLE bin_0 (id integer NOT NULL);
CREATE TABLE tray_0 (id integer NOT NULL) PARTITION BY LIST (id);
CREATE TABLE tray_0_0 PARTITION OF tray_0 FOR VALUES IN (0);

CREATE SCHEMA moved;
SET search_path = moved;
CREATE TABLE bins (id integer) PARTITION BY RANGE (id);
CREATE TABLE bin_0 PARTITION OF bins FOR VALUES FROM (0) TO (10);
ALTER TABLE bins ADD CONSTRAINT bins_key PRIMARY KEY (id);
ALTER TABLE bin_0 ADD CONSTRAINT twin UNIQUE (id);
ALTER TABLE bin_0 ADD CONSTRAINT within FOREIGN KEY (id) REFERENCES bins (id);

CREATE SCHEMA apart;
SET search_path = apart;
CREATE TABLE bins (id integer, up integer) PARTITION BY LIST (id);
CREATE TABLE bin_1 (id integer, up integer, CONSTRAINT above FOREIGN KEY (up) REFERENCES bin_1 (id), PRIMARY KEY (id));

CREATE SCHEMA checked;
SET search_path = checked;
CREATE TABLE bins (id integer) PARTITION BY LIST (id);
CREATE TABLE bin_0 (id integer);
CREATE TABLE uses (id integer);
