-- What 14 and all later versions can hold.
CREATE TYPE mood AS ENUM ('dull', 'fine');
CREATE DOMAIN weight AS numeric(8, 2) CONSTRAINT weight_positive CHECK (VALUE > 0);
CREATE TYPE span AS RANGE (subtype = float8, multirange_type_name = spans);
CREATE COLLATION swedish (provider = icu, locale = 'sv-SE');
CREATE SEQUENCE ticket START 10;
CREATE TABLE item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code varchar(20) NOT NULL,
    label text COLLATE swedish,
    feel mood DEFAULT 'fine',
    heavy weight,
    packed text COMPRESSION pglz,
    total numeric GENERATED ALWAYS AS (heavy * 2) STORED,
    during span,
    CONSTRAINT item_code CHECK (code IN ('a', 'b', 'c')),
    UNIQUE (code) INCLUDE (label)
);
COMMENT ON COLUMN item.code IS 'short';
CREATE INDEX item_label ON item (label DESC NULLS LAST) WHERE feel = 'fine';
CREATE STATISTICS item_stat (dependencies) ON code, label FROM item;
CREATE TABLE log (
    at date NOT NULL,
    line text,
    kind int
) PARTITION BY RANGE (at);
CREATE TABLE log_2020 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_2021 PARTITION OF log FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE INDEX ON log (kind);
CREATE TABLE base (id int NOT NULL, name text);
CREATE TABLE heir (more int NOT NULL) INHERITS (base);
CREATE VIEW fine_items AS SELECT id, code, upper(label) AS label FROM item WHERE feel = 'fine';
CREATE MATERIALIZED VIEW counts AS SELECT feel, count(*) AS n FROM item GROUP BY feel;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN n * 2;
CREATE PROCEDURE noop(INOUT x int, OUT y int) LANGUAGE plpgsql AS $$ BEGIN y := x; END $$;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER stamped BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE item ENABLE ROW LEVEL SECURITY;
CREATE POLICY fine_only ON item USING (feel = 'fine');
GRANT SELECT ON item TO PUBLIC;
CREATE SCHEMA aside;
ALTER DEFAULT PRIVILEGES IN SCHEMA aside GRANT SELECT ON TABLES TO PUBLIC;
CREATE TABLE told (id int PRIMARY KEY, v int, w text);
CREATE PUBLICATION every FOR ALL TABLES;
CREATE PUBLICATION few FOR TABLE told WITH (publish = 'insert');
CREATE FUNCTION noticed() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE EVENT TRIGGER noticed ON ddl_command_end EXECUTE FUNCTION noticed();
CREATE TABLE lots (id int) PARTITION BY RANGE (id);
CREATE TABLE lots_1 PARTITION OF lots FOR VALUES FROM (0) TO (9);
CREATE TRIGGER seen AFTER INSERT ON lots FOR EACH ROW EXECUTE FUNCTION seen();
ALTER TABLE lots_1 DISABLE TRIGGER seen;
