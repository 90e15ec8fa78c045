CREATE TABLE log (day date, note text) PARTITION BY RANGE (day);
CREATE TABLE log_a PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2020-07-01');
CREATE TABLE log_b PARTITION OF log FOR VALUES FROM ('2020-07-01') TO ('2021-01-01');
CREATE TABLE log_other PARTITION OF log DEFAULT;
CREATE MATERIALIZED VIEW latest AS SELECT 'none'::text AS note;
CREATE VIEW seen AS SELECT note FROM latest;
-- rows that foreign keys refer to, in partitions whose bounds change
CREATE TABLE room (house int, nr int, PRIMARY KEY (house, nr)) PARTITION BY LIST (house);
CREATE TABLE room_first PARTITION OF room FOR VALUES IN (1, 2);
CREATE TABLE room_more PARTITION OF room FOR VALUES IN (5) PARTITION BY LIST (nr);
CREATE TABLE room_more_first PARTITION OF room_more FOR VALUES IN (1, 2);
CREATE TABLE room_own PARTITION OF room FOR VALUES IN (9);
ALTER TABLE room_own ADD FOREIGN KEY (house, nr) REFERENCES room;
CREATE TABLE guest (house int, nr int, FOREIGN KEY (house, nr) REFERENCES room);
CREATE TABLE stay (house int, nr int, FOREIGN KEY (house, nr) REFERENCES room) PARTITION BY LIST (house);
CREATE TABLE stay_rest PARTITION OF stay DEFAULT;
INSERT INTO room VALUES (1, 1), (5, 1);
INSERT INTO guest VALUES (1, 1), (5, 1);
INSERT INTO stay VALUES (1, 1), (5, 1);
