CREATE TABLE told (id bigint PRIMARY KEY);
CREATE SUBSCRIPTION plain CONNECTION 'host=example.invalid password=hush' PUBLICATION "b ""c", d WITH (connect = false, slot_name = NONE, binary = true);
CREATE SUBSCRIPTION "Sub ""s" CONNECTION 'host=example.invalid' PUBLICATION one WITH (connect = false, disable_on_error = true);
CREATE SUBSCRIPTION comes CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE, two_phase = true);
COMMENT ON SUBSCRIPTION "Sub ""s" IS 'odd';
