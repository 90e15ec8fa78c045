-- What came with 18.
CREATE TABLE strict (
    a int CONSTRAINT a_must NOT NULL,
    b int NOT NULL NO INHERIT,
    c int NOT NULL,
    d int,
    e int,
    f int CONSTRAINT "f Must" NOT NULL
);
ALTER TABLE strict ADD CONSTRAINT d_later NOT NULL d NOT VALID;
COMMENT ON CONSTRAINT a_must ON strict IS 'why';
CREATE TABLE strict_heir (g int NOT NULL) INHERITS (strict);
CREATE TABLE parts (k int NOT NULL, v int) PARTITION BY LIST (k);
CREATE TABLE parts_1 (v int, k int CONSTRAINT own_name NOT NULL);
ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
CREATE TABLE computed (a int, b int GENERATED ALWAYS AS (a + 1), c int GENERATED ALWAYS AS (a + 2) VIRTUAL, d int GENERATED ALWAYS AS (a + 3), e int);
CREATE VIEW computed_b AS SELECT b FROM computed;
CREATE TABLE loose (a int, CONSTRAINT small CHECK (a < 10) NOT ENFORCED, CONSTRAINT positive CHECK (a > 0));
CREATE TABLE target (id int PRIMARY KEY);
CREATE TABLE source (
    id int CONSTRAINT source_a REFERENCES target NOT ENFORCED,
    id2 int CONSTRAINT source_b REFERENCES target,
    id3 int CONSTRAINT source_c REFERENCES target NOT ENFORCED
);
CREATE TABLE room (no int4range, during daterange, PRIMARY KEY (no, during WITHOUT OVERLAPS));
CREATE TABLE booking (id int4range, room int4range, during daterange, UNIQUE (id, during WITHOUT OVERLAPS), FOREIGN KEY (room, PERIOD during) REFERENCES room (no, PERIOD during));
CREATE TABLE lasting (no int4range, during daterange, UNIQUE (no, during));
ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO PUBLIC;
CREATE PUBLICATION made FOR TABLE told WITH (publish_generated_columns = stored);
