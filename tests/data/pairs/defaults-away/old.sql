-- Tables that are made anew while what their columns take values from goes, with what other tables lose or by itself.

CREATE SCHEMA taken;
SET search_path = taken;
CREATE TABLE tickets (code text, n integer);
CREATE SEQUENCE numbers OWNED BY tickets.n;
CREATE FUNCTION next_code() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT max(n) FROM tickets; END;
CREATE TABLE queue (place integer DEFAULT nextval('numbers'), since integer DEFAULT next_code(), code text);
CREATE TABLE queue_low (own integer DEFAULT nextval('numbers')) INHERITS (queue);

CREATE SCHEMA joined;
SET search_path = joined;
CREATE TABLE tickets (code text, n integer);
CREATE SEQUENCE numbers OWNED BY tickets.n;
CREATE FUNCTION next_code() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT max(n) FROM tickets; END;
CREATE TABLE queue (place integer DEFAULT nextval('numbers'), since integer DEFAULT next_code(), code text);
CREATE TABLE queue_low (own integer DEFAULT nextval('numbers')) INHERITS (queue);

CREATE SCHEMA computed;
SET search_path = computed;
CREATE TABLE tickets (code text, n integer);
CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT 2 * $1; END;
CREATE SEQUENCE numbers OWNED BY tickets.n;
CREATE TABLE queue (place integer DEFAULT nextval('numbers'), double integer GENERATED ALWAYS AS (twice(since)) STORED, since integer, code text) PARTITION BY RANGE (since);
CREATE TABLE queue_1 PARTITION OF queue FOR VALUES FROM (0) TO (10);
CREATE TABLE queue_2 PARTITION OF queue (place DEFAULT nextval('numbers') + 1) FOR VALUES FROM (10) TO (20);

CREATE SCHEMA named;
SET search_path = named;
CREATE SEQUENCE numbers;
CREATE FUNCTION kinds() RETURNS integer LANGUAGE sql RETURN 1;
CREATE TABLE queue (place integer DEFAULT nextval('numbers'), since integer DEFAULT kinds(), code text);
