-- partitions in the place of others that a view keeps until the end
CREATE TABLE log (day date, note text) PARTITION BY RANGE (day);
CREATE TABLE log_2020 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_rest PARTITION OF log DEFAULT;
CREATE FUNCTION latest() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW seen AS SELECT note FROM log_2020 UNION ALL SELECT note FROM log_rest;
