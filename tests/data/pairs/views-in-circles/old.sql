CREATE TABLE base (id int PRIMARY KEY, label text);

-- a view calls what takes its own row; another one calls it too
CREATE VIEW shown AS SELECT id, label, 0 AS n FROM base;
CREATE FUNCTION weigh(shown) RETURNS int LANGUAGE sql AS 'SELECT $1.n + 1';
CREATE OR REPLACE VIEW shown AS SELECT id, label, weigh(NULL::shown) AS n FROM base;
CREATE VIEW heavy AS SELECT id, weigh(shown) AS weight FROM shown;

-- a function gives rows of the view that asks it
CREATE VIEW listed AS SELECT id, label COLLATE "C" AS label FROM base;
CREATE FUNCTION all_listed() RETURNS SETOF listed LANGUAGE sql BEGIN ATOMIC SELECT id, label FROM base; END;
CREATE OR REPLACE VIEW listed AS SELECT id, label COLLATE "C" AS label FROM all_listed();

-- a materialized view calls what reads it
CREATE MATERIALIZED VIEW kept AS SELECT id, label FROM base;

CREATE TYPE mark AS (a int);
CREATE VIEW marks AS SELECT id, (NULL::mark).a AS n FROM base;
