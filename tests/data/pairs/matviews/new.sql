CREATE TABLE t (id bigint, name text);
CREATE MATERIALIZED VIEW m WITH (fillfactor = 80) AS SELECT id, name, length(name) AS n FROM t;
CREATE UNIQUE INDEX m_id ON m (id);
CREATE INDEX m_name ON m (name);
CREATE VIEW on_m AS SELECT id FROM m;
COMMENT ON MATERIALIZED VIEW m IS 'kept';
