-- Tables that are made anew while what their columns take values from goes, with what other tables lose or by itself.

CREATE SCHEMA taken;
SET search_path = taken;
CREATE TABLE queue (place integer, since integer, code text) PARTITION BY LIST (code);
CREATE TABLE tickets PARTITION OF queue FOR VALUES IN ('none');
CREATE TABLE queue_rest PARTITION OF queue DEFAULT;

CREATE SCHEMA joined;
SET search_path = joined;
CREATE TABLE queue (place integer, since integer, code text) PARTITION BY LIST (code);
CREATE TABLE tickets (code text, place integer, since integer);
ALTER TABLE queue ATTACH PARTITION tickets FOR VALUES IN ('none');
CREATE TABLE queue_rest PARTITION OF queue DEFAULT;
CREATE SEQUENCE numbers;
CREATE TABLE queue_low (place integer, since integer, code text, own integer);

CREATE SCHEMA computed;
SET search_path = computed;
CREATE TABLE queue (place integer, double integer, since integer, code text) PARTITION BY LIST (code);
CREATE TABLE queue_1 PARTITION OF queue FOR VALUES IN ('a');
CREATE TABLE tickets PARTITION OF queue FOR VALUES IN ('none');
CREATE TABLE queue_rest PARTITION OF queue DEFAULT;

CREATE SCHEMA named;
SET search_path = named;
CREATE TYPE numbers AS ENUM ('one', 'two');
CREATE TABLE queue (place integer, since integer, code text, n numbers) PARTITION BY LIST (code);
CREATE TABLE queue_rest PARTITION OF queue DEFAULT;
