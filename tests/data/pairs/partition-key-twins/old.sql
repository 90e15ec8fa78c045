-- several keys and indexes of the same columns, of which the partitions, and theirs, have shares under names in another order
CREATE TABLE lamps (lit boolean NOT NULL, watts integer) PARTITION BY LIST (lit);
CREATE TABLE lamps_on PARTITION OF lamps FOR VALUES IN (true);
CREATE TABLE lamps_off (lit boolean NOT NULL, watts integer);
ALTER TABLE lamps_off ADD CONSTRAINT off_one UNIQUE (lit);
ALTER TABLE lamps_off ADD CONSTRAINT off_two UNIQUE (lit);
CREATE INDEX off_first ON lamps_off (watts);
CREATE INDEX off_second ON lamps_off (watts);
