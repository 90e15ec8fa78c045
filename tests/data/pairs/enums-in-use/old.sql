CREATE SCHEMA "s.x";
CREATE TYPE "s.x"."mo""od" AS ENUM ('sad', 'ok', 'happy', 'gone');
CREATE DOMAIN feel AS "s.x"."mo""od" DEFAULT 'ok' CHECK (VALUE <> 'sad');
CREATE DOMAIN feel2 AS feel;
CREATE DOMAIN feels AS "s.x"."mo""od"[];
CREATE TYPE pair AS (m "s.x"."mo""od", n int);
CREATE TYPE pairs AS (p pair, d feel);
CREATE TYPE mrange AS RANGE (subtype = "s.x"."mo""od");
CREATE FUNCTION f(m "s.x"."mo""od" DEFAULT 'ok', l "s.x"."mo""od"[] DEFAULT '{sad}') RETURNS "s.x"."mo""od" LANGUAGE sql IMMUTABLE AS 'SELECT m';
CREATE FUNCTION score("s.x"."mo""od") RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT length($1::text)';
CREATE FUNCTION checked(feel) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE DOMAIN checked_int AS int CHECK (score('ok') > VALUE - 100);
CREATE OPERATOR ## (FUNCTION = score, RIGHTARG = "s.x"."mo""od");
CREATE CAST ("s.x"."mo""od" AS int) WITH FUNCTION score("s.x"."mo""od");
CREATE FUNCTION later("s.x"."mo""od", "s.x"."mo""od") RETURNS "s.x"."mo""od" LANGUAGE sql IMMUTABLE AS 'SELECT greatest($1, $2)';
CREATE AGGREGATE latest("s.x"."mo""od") (SFUNC = later, STYPE = "s.x"."mo""od");
CREATE TABLE t (
	id int PRIMARY KEY, m "s.x"."mo""od" NOT NULL DEFAULT 'ok', l "s.x"."mo""od"[] DEFAULT '{ok,happy}', d feel, d2 feel2, ds feels, p pair, ps pairs, pl pair[], r mrange,
	mr mmultirange, ci checked_int,
	g int GENERATED ALWAYS AS (score(m)) STORED, fd "s.x"."mo""od" DEFAULT f('ok'),
	CHECK (m <> 'sad'), CONSTRAINT many CHECK (m IN ('ok', 'happy', 'gone')));
INSERT INTO t (id, d, d2, ds, p, ps, pl, r, mr, ci) SELECT i, 'ok', 'happy', '{ok}', ROW('sad', i)::pair, ROW(ROW('ok', i), 'happy')::pairs, ARRAY[ROW('ok', 1)::pair], '[ok,ok]', '{[sad,sad]}', i FROM generate_series(1, 50) i;
CREATE INDEX t_m ON t (m) WHERE m > 'ok';
CREATE INDEX t_f ON t (f(m));
CREATE UNIQUE INDEX t_u ON t (id, d);
CREATE VIEW v AS SELECT m, d, p FROM t WHERE m = 'ok';
CREATE VIEW w AS SELECT latest(m) AS x, ##'ok'::"s.x"."mo""od" AS y FROM v;
CREATE MATERIALIZED VIEW mv AS SELECT m, count(*) AS n FROM t GROUP BY m;
CREATE UNIQUE INDEX mv_m ON mv (m);
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE OF m ON t FOR EACH ROW WHEN (NEW.m = 'ok') EXECUTE FUNCTION trg();
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY pol ON t USING (m = 'ok');
CREATE TABLE parent (m "s.x"."mo""od" DEFAULT 'ok');
CREATE TABLE child (extra int) INHERITS (parent);
INSERT INTO child VALUES ('happy', 1);
CREATE STATISTICS st ON m, id FROM t;
CREATE PROCEDURE proc(INOUT m "s.x"."mo""od") LANGUAGE plpgsql AS 'BEGIN END';
COMMENT ON TYPE "s.x"."mo""od" IS 'how it is';
COMMENT ON COLUMN t.m IS 'column';
GRANT USAGE ON TYPE "s.x"."mo""od" TO PUBLIC;
