CREATE TABLE stays (at int, room int) PARTITION BY LIST (at);
CREATE TABLE days PARTITION OF stays FOR VALUES IN (1);
ALTER TABLE days ADD PRIMARY KEY (at);
CREATE TABLE bills (day int REFERENCES days);
CREATE TABLE more PARTITION OF stays FOR VALUES IN (2, 3) PARTITION BY LIST (at);
CREATE TABLE a_day PARTITION OF more FOR VALUES IN (2);
ALTER TABLE a_day ADD CONSTRAINT the_day PRIMARY KEY (at);
COMMENT ON CONSTRAINT the_day ON a_day IS 'one of many';
CREATE TABLE last_days PARTITION OF stays FOR VALUES IN (4);
ALTER TABLE last_days ALTER at SET NOT NULL;
CREATE UNIQUE INDEX last_at ON last_days (at);
ALTER TABLE last_days REPLICA IDENTITY USING INDEX last_at;

CREATE TABLE things (nr int, kind int);
CREATE TABLE goods (nr int NOT NULL PRIMARY KEY, kind int) INHERITS (things);
CREATE TABLE numbered (nr int NOT NULL);
CREATE TABLE toys () INHERITS (things, numbered);
CREATE TABLE books (nr int NOT NULL GENERATED ALWAYS AS IDENTITY, kind int NOT NULL) INHERITS (things);
CREATE TABLE maps (nr int NOT NULL UNIQUE, kind int NOT NULL) INHERITS (things);
ALTER TABLE maps REPLICA IDENTITY USING INDEX maps_nr_key;
CREATE TABLE tickets (nr int, hall int) PARTITION BY LIST (hall);
CREATE TABLE of_one PARTITION OF tickets FOR VALUES IN (1);
CREATE TABLE of_two (nr int NOT NULL, hall int);
CREATE TABLE of_more PARTITION OF tickets FOR VALUES IN (3, 4) PARTITION BY LIST (hall);
CREATE TABLE of_three PARTITION OF of_more FOR VALUES IN (3);
CREATE TABLE of_four PARTITION OF of_more FOR VALUES IN (4);
-- up to 16 partitions may number their rows themselves
DO $$ DECLARE part text; BEGIN
	IF current_setting('server_version_num')::int < 170000 THEN
		FOREACH part IN ARRAY '{of_two,of_three}'::text[] LOOP
			EXECUTE format('ALTER TABLE %I ALTER nr SET NOT NULL, ALTER nr ADD GENERATED ALWAYS AS IDENTITY', part);
		END LOOP;
	END IF;
END $$;
