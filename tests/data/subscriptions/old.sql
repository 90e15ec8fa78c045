CREATE TABLE told (id int PRIMARY KEY);
CREATE SUBSCRIPTION plain CONNECTION 'host=example.invalid password=hush' PUBLICATION a, "b ""c" WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION "Sub ""s" CONNECTION 'host=example.invalid' PUBLICATION one WITH (connect = false, streaming = on, binary = true, synchronous_commit = local);
CREATE SUBSCRIPTION goes CONNECTION 'host=example.invalid' PUBLICATION p WITH (connect = false);
COMMENT ON SUBSCRIPTION plain IS 'it''s one';
