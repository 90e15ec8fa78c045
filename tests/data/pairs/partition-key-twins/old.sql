-- several keys and indexes of the same columns, of which the partitions, and theirs, have shares under names in another order
CREATE TABLE lamps (lit boolean NOT NULL, watts integer) PARTITION BY LIST (lit);
CREATE TABLE lamps_on PARTITION OF lamps FOR VALUES IN (true);
CREATE TABLE lamps_off (lit boolean NOT NULL, watts integer);
ALTER TABLE lamps_off ADD CONSTRAINT off_one UNIQUE (lit);
ALTER TABLE lamps_off ADD CONSTRAINT off_two UNIQUE (lit);
CREATE INDEX off_first ON lamps_off (watts);
CREATE INDEX off_second ON lamps_off (watts);

-- wholes that are there, and partitions that come to have shares in another order
CREATE TABLE rooms (floor int NOT NULL, beds int) PARTITION BY RANGE (floor);
ALTER TABLE rooms ADD CONSTRAINT z_floor UNIQUE (floor);
ALTER TABLE rooms ADD CONSTRAINT a_floor UNIQUE (floor);
CREATE INDEX z_beds ON rooms (beds);
CREATE INDEX a_beds ON rooms (beds);
CREATE TABLE attic (floor int NOT NULL, beds int);
ALTER TABLE attic ADD CONSTRAINT attic_a UNIQUE (floor);
ALTER TABLE attic ADD CONSTRAINT attic_z UNIQUE (floor);
CREATE INDEX attic_1 ON attic (beds);
CREATE INDEX attic_2 ON attic (beds);
INSERT INTO attic VALUES (25, 2);
