CREATE TABLE event (id bigserial, at date NOT NULL DEFAULT '2020-02-02', what text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_2020 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE INDEX event_what ON event (what);
CREATE TABLE remark (id int PRIMARY KEY, event bigint, said text);
CREATE VIEW recent AS SELECT id, at FROM event WHERE at > '2020-01-15';
CREATE MATERIALIZED VIEW counted AS SELECT at, count(*) AS n FROM event GROUP BY at;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.what := 'stamped'; RETURN NEW; END $$;
CREATE TRIGGER stamped BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY everything ON event USING (true);
COMMENT ON TABLE event IS 'what happened';

CREATE TABLE reading (sensor int GENERATED ALWAYS AS IDENTITY, at date NOT NULL, value numeric) PARTITION BY HASH (sensor);
CREATE TABLE reading_2020 PARTITION OF reading FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE reading_rest PARTITION OF reading FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX reading_at ON reading (at);

CREATE TABLE parcel (code text NOT NULL, posted date);
CREATE TABLE letter (code text CONSTRAINT taken PRIMARY KEY);
