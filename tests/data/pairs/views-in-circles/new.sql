CREATE TABLE base (id int PRIMARY KEY, label text);

-- through another view, and with a column of another type
CREATE VIEW shown AS SELECT id, label, 0::bigint AS n FROM base;
CREATE FUNCTION weigh(shown) RETURNS bigint LANGUAGE sql AS 'SELECT $1.n + 1';
CREATE VIEW heavy AS SELECT id, weigh(shown) AS weight FROM shown;
CREATE OR REPLACE VIEW shown AS SELECT id, label, (SELECT max(weight) FROM heavy) AS n FROM base;
COMMENT ON VIEW shown IS 'in a circle';
CREATE FUNCTION shows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER shows INSTEAD OF INSERT ON shown FOR EACH ROW EXECUTE FUNCTION shows();
CREATE RULE hides AS ON DELETE TO shown DO INSTEAD DELETE FROM base WHERE weigh(OLD) > 1;
GRANT SELECT (id) ON shown TO public;

CREATE VIEW listed AS SELECT id, label COLLATE "C" AS label FROM base;

CREATE FUNCTION below(id int) RETURNS TABLE (n bigint, low int) LANGUAGE sql RETURN (1, 1);
CREATE MATERIALIZED VIEW kept AS SELECT id, label, b.n FROM base LEFT JOIN LATERAL below(id) b ON true;
CREATE VIEW over_kept AS SELECT id, n FROM kept;
CREATE OR REPLACE FUNCTION below(id int) RETURNS TABLE (n bigint, low int) LANGUAGE sql
	BEGIN ATOMIC SELECT count(*), min(over_kept.id) FROM over_kept WHERE over_kept.id < below.id; END;
CREATE UNIQUE INDEX kept_id ON kept (id);

-- a view whose rows are kept by what it reads
CREATE VIEW labels AS SELECT id, label FROM base;
CREATE MATERIALIZED VIEW labels_kept AS SELECT id, label FROM labels;
CREATE FUNCTION label_of(labels_kept) RETURNS text LANGUAGE sql AS 'SELECT $1.label';
CREATE OR REPLACE VIEW labels AS SELECT id, label_of((id, label)::labels_kept) AS label FROM base;

-- a type has the row of a view that uses the type
CREATE TYPE mark AS (a int);
CREATE VIEW marks AS SELECT id, (NULL::mark).a AS n FROM base;
ALTER TYPE mark ADD ATTRIBUTE seen marks;
CREATE TABLE marked (seen marks, n int);
CREATE OR REPLACE VIEW marks AS SELECT id, (NULL::mark).a AS n FROM base UNION ALL SELECT (seen).id, n FROM marked;
