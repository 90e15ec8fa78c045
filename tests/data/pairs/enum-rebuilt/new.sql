CREATE TYPE state AS ENUM ('closed', 'new', 'open');
CREATE DOMAIN live AS state CHECK (VALUE <> 'closed');
CREATE TABLE t (id int, s state DEFAULT 'new' NOT NULL, many state[], CHECK (s <> 'open'));
CREATE INDEX t_open ON t (id) WHERE s = 'open';
CREATE VIEW v AS SELECT id, s FROM t WHERE s = 'closed';
CREATE FUNCTION f(s state) RETURNS state LANGUAGE sql AS $$ SELECT s $$;
