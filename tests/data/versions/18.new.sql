CREATE TABLE strict (
    a int CONSTRAINT a_needed NOT NULL,
    b int NOT NULL,
    c int NOT NULL NO INHERIT,
    d int CONSTRAINT d_later NOT NULL,
    e int CONSTRAINT e_now NOT NULL,
    f int
);
ALTER TABLE strict ADD CONSTRAINT f_later NOT NULL f NOT VALID;
CREATE TABLE strict_heir (g int CONSTRAINT g_named NOT NULL) INHERITS (strict);
COMMENT ON CONSTRAINT g_named ON strict_heir IS 'named';
CREATE TABLE parts (k int CONSTRAINT k_there NOT NULL, v int NOT NULL) PARTITION BY LIST (k);
CREATE TABLE parts_1 (v int CONSTRAINT another NOT NULL, k int CONSTRAINT own_name NOT NULL);
ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES IN (1);
CREATE TABLE parts_2 (k int CONSTRAINT k_there NOT NULL, v int);
CREATE TABLE parts_3 PARTITION OF parts FOR VALUES IN (3);
CREATE TABLE computed (a int, b int GENERATED ALWAYS AS (a + 10), c int GENERATED ALWAYS AS (a + 2) STORED, d int, e int GENERATED ALWAYS AS (a + 4) VIRTUAL);
CREATE VIEW computed_b AS SELECT b FROM computed;
CREATE TABLE loose (a int, CONSTRAINT small CHECK (a < 10), CONSTRAINT positive CHECK (a > 0) NOT ENFORCED);
CREATE TABLE target (id int PRIMARY KEY);
CREATE TABLE source (
    id int CONSTRAINT source_a REFERENCES target,
    id2 int CONSTRAINT source_b REFERENCES target NOT ENFORCED,
    id3 int
);
ALTER TABLE source ADD CONSTRAINT source_c FOREIGN KEY (id3) REFERENCES target NOT VALID;
CREATE TABLE room (no int4range, during daterange, PRIMARY KEY (no, during WITHOUT OVERLAPS));
CREATE TABLE booking (id int4range, room int4range, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
CREATE TABLE lasting (no int4range, during daterange, UNIQUE (no, during WITHOUT OVERLAPS));
ALTER DEFAULT PRIVILEGES GRANT SELECT, UPDATE ON LARGE OBJECTS TO PUBLIC;
CREATE PUBLICATION made FOR TABLE told;
CREATE PUBLICATION makes FOR TABLE computed (a, c) WITH (publish_generated_columns = stored);
