-- Partitions with foreign keys of their own to what they, or others that refer to them, are part of; they have two keys alike.

CREATE SCHEMA home;
SET search_path = home;
CREATE TABLE bins (id integer) PARTITION BY LIST (id);
CREATE TABLE bin_0 PARTITION OF bins FOR VALUES IN (0);
ALTER TABLE bins ADD CONSTRAINT bins_key PRIMARY KEY (id);
ALTER TABLE bin_0 ADD CONSTRAINT twin UNIQUE (id);
ALTER TABLE bin_0 ADD CONSTRAINT within FOREIGN KEY (id) REFERENCES bins (id);

CREATE SCHEMA each_other;
SET search_path = each_other;
CREATE TABLE bins (id integer) PARTITION BY LIST (id);
CREATE TABLE bin_0 PARTITION OF bins FOR VALUES IN (0);
ALTER TABLE bins ADD CONSTRAINT bins_key PRIMARY KEY (id);
ALTER TABLE bin_0 ADD CONSTRAINT twin UNIQUE (id);
CREATE TABLE trays (id integer) PARTITION BY LIST (id);
CREATE TABLE tray_0 PARTITION OF trays FOR VALUES IN (0) PARTITION BY LIST (id);
CREATE TABLE tray_0_0 PARTITION OF tray_0 FOR VALUES IN (0);
ALTER TABLE trays ADD CONSTRAINT trays_key PRIMARY KEY (id);
ALTER TABLE tray_0_0 ADD CONSTRAINT tray_twin UNIQUE (id);
ALTER TABLE bin_0 ADD CONSTRAINT there FOREIGN KEY (id) REFERENCES trays (id);
ALTER TABLE tray_0 ADD CONSTRAINT here FOREIGN KEY (id) REFERENCES bins (id);

CREATE SCHEMA moved;
SET search_path = moved;
CREATE TABLE bins (id integer) PARTITION BY LIST (id);
CREATE TABLE bin_0 PARTITION OF bins FOR VALUES IN (0);
ALTER TABLE bins ADD CONSTRAINT bins_key PRIMARY KEY (id);
ALTER TABLE bin_0 ADD CONSTRAINT twin UNIQUE (id);
ALTER TABLE bin_0 ADD CONSTRAINT within FOREIGN KEY (id) REFERENCES bins (id);

CREATE SCHEMA apart;
SET search_path = apart;
CREATE TABLE bins (id integer, up integer) PARTITION BY LIST (id);
CREATE TABLE bin_0 PARTITION OF bins FOR VALUES IN (0);
CREATE TABLE bin_1 PARTITION OF bins FOR VALUES IN (1);
ALTER TABLE bins ADD CONSTRAINT bins_key PRIMARY KEY (id);
ALTER TABLE bins ADD CONSTRAINT above FOREIGN KEY (up) REFERENCES bins (id);
ALTER TABLE bin_0 ADD CONSTRAINT twin UNIQUE (id);
ALTER TABLE bin_1 ADD CONSTRAINT within FOREIGN KEY (id) REFERENCES bin_0 (id);

CREATE SCHEMA checked;
SET search_path = checked;
CREATE TABLE bins (id integer, CONSTRAINT low CHECK (id < 9)) PARTITION BY LIST (id);
CREATE TABLE bin_0 PARTITION OF bins FOR VALUES IN (0);
ALTER TABLE bins ADD CONSTRAINT bins_key UNIQUE (id);
CREATE TABLE uses (id integer REFERENCES bins (id));
