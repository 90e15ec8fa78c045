-- partitions in the place of others that a view keeps until the end
CREATE TABLE log (day date, note text) PARTITION BY RANGE (day);
CREATE TABLE log_2020 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_rest PARTITION OF log DEFAULT;
CREATE FUNCTION latest() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW seen AS SELECT note FROM log_2020 UNION ALL SELECT note FROM log_rest;
-- rows that foreign keys refer to, in partitions whose bounds change
CREATE TABLE room (house int, nr int, PRIMARY KEY (house, nr)) PARTITION BY LIST (house);
CREATE TABLE room_first PARTITION OF room FOR VALUES IN (1);
CREATE TABLE room_more PARTITION OF room FOR VALUES IN (5) PARTITION BY LIST (nr);
CREATE TABLE room_more_first PARTITION OF room_more FOR VALUES IN (1);
CREATE TABLE guest (house int, nr int, FOREIGN KEY (house, nr) REFERENCES room);
CREATE TABLE stay (house int, nr int, FOREIGN KEY (house, nr) REFERENCES room) PARTITION BY LIST (house);
CREATE TABLE stay_rest PARTITION OF stay DEFAULT;
INSERT INTO room VALUES (1, 1), (5, 1);
INSERT INTO guest VALUES (1, 1), (5, 1);
INSERT INTO stay VALUES (1, 1), (5, 1);
CREATE TABLE hut (house int, nr int, PRIMARY KEY (house, nr)) PARTITION BY LIST (house);
CREATE TABLE hut_first PARTITION OF hut FOR VALUES IN (1);
CREATE TABLE visit (house int, nr int, FOREIGN KEY (house, nr) REFERENCES hut);
INSERT INTO hut VALUES (1, 1);
INSERT INTO visit VALUES (1, 1);
