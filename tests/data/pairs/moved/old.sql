-- a table that becomes partitioned, with everything that hangs on it
CREATE TABLE event (id bigserial PRIMARY KEY, at date NOT NULL DEFAULT '2020-02-02', what varchar(20), extra text);
CREATE INDEX event_what ON event (what);
CREATE TABLE remark (id int PRIMARY KEY, event bigint REFERENCES event, said text);
CREATE VIEW recent AS SELECT id, at FROM event WHERE at > '2020-01-15';
CREATE MATERIALIZED VIEW counted AS SELECT at, count(*) AS n FROM event GROUP BY at;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.what := 'stamped'; RETURN NEW; END $$;
CREATE TRIGGER stamped BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY everything ON event USING (true);
COMMENT ON TABLE event IS 'what happened';

-- another key, and partitions of partitions
CREATE TABLE reading (sensor int GENERATED ALWAYS AS IDENTITY, at date NOT NULL, value numeric) PARTITION BY RANGE (at);
CREATE TABLE reading_2020 PARTITION OF reading FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY LIST (sensor);
CREATE TABLE reading_2020_1 PARTITION OF reading_2020 FOR VALUES IN (1, 2);
CREATE TABLE reading_2020_rest PARTITION OF reading_2020 DEFAULT;
CREATE TABLE reading_rest PARTITION OF reading DEFAULT;
CREATE INDEX reading_at ON reading (at);

-- what its own sequence was called is an index afterwards, elsewhere
CREATE TABLE parcel (code text NOT NULL, posted date) PARTITION BY LIST (code);
CREATE SEQUENCE taken OWNED BY parcel.posted;

-- heirs that become a whole, what they inherit from its partition
CREATE TABLE seed (x9 bigint);
CREATE TABLE stem () INHERITS (seed);
CREATE TABLE twig () INHERITS (stem, seed);
CREATE TABLE leaf () INHERITS (twig);

-- an heir that becomes the whole of what it inherits from
CREATE TABLE bed (x9 bigint);
CREATE TABLE field () INHERITS (bed);

-- a key that goes with its type, beside an identity
CREATE DOMAIN season AS boolean;
CREATE TABLE crop (id int GENERATED ALWAYS AS IDENTITY, plot int, dry season NOT NULL) PARTITION BY HASH (plot, dry);
