CREATE SCHEMA other;
CREATE TABLE t (id int PRIMARY KEY, stays numeric(10,2), added timestamptz DEFAULT now() NOT NULL,
	list int[] DEFAULT '{}', doc jsonb, words tsvector GENERATED ALWAYS AS (to_tsvector('simple', 'a')) STORED);
CREATE TABLE other.comes (a int, b int, PRIMARY KEY (a, b));
CREATE UNLOGGED TABLE scratch (a int) WITH (fillfactor = 70, autovacuum_enabled = off);
COMMENT ON TABLE other.comes IS 'it''s new';
CREATE TABLE sheds (s text) WITH (toast.autovacuum_vacuum_cost_delay = 24, fillfactor = 50);
