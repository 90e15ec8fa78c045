-- Whatever may go wrong when rows are carried from one database into another.
CREATE SCHEMA "S ""q'; --";
CREATE TYPE public.mood AS ENUM ('sad', 'o''k', 'ha"ppy');
CREATE TYPE public.pair AS (a integer, m public.mood);
CREATE DOMAIN public.positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN public.moods AS public.mood[];
CREATE TYPE public.spans AS RANGE (subtype = numeric);

CREATE TABLE public.types (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 5) PRIMARY KEY,
    b boolean, i2 smallint, i4 integer, i8 bigint, n numeric, n2 numeric(12,4), r real, d double precision,
    t text, v character varying(30), c character(7), ch "char", na name, by bytea,
    da date, ti time, tiz time with time zone, ts timestamp, tsz timestamptz, iv interval,
    u uuid, j json, jb jsonb, x xml, ip inet, ci cidr, ma macaddr, bi bit(5), vb bit varying,
    po point, bo box, pa path, pg polygon, cl circle, li line, ls lseg, mo money,
    tv tsvector, tq tsquery, ar integer[], ar2 text[][], re regclass, rt regtype, ro regprocedure, o oid, lsn pg_lsn,
    e public.mood, ea public.mood[], co public.pair, coa public.pair[], dom public.positive, doa public.moods,
    ra int4range, mr int4multirange, sp public.spans, spa public.spans[]
);
INSERT INTO public.types (b, i2, i4, i8, n, n2, r, d, t, v, c, ch, na, by, da, ti, tiz, ts, tsz, iv, u, j, jb, x, ip, ci, ma, bi, vb,
    po, bo, pa, pg, cl, li, ls, mo, tv, tq, ar, ar2, re, rt, ro, o, lsn, e, ea, co, coa, dom, doa, ra, mr, sp, spa)
SELECT i % 2 = 0, i, -i, i::bigint << 40, i / 7.0, -1.5, i / 3.0::real, 1e300 / i, E'tab\t\\ new\nline \\. "' || i || ' ünï€', 'v' || i, 'c' || i,
    'x', 'na me', decode(md5(i::text), 'hex'), '4713-01-01 BC'::date + i, '23:59:59.999999', '01:02:03+05:30', '-infinity', '2026-03-29 02:30+01',
    '1 year -2 mons 3 days 04:05:06.7', md5(i::text)::uuid, '{"a" :  [1,  2]}', '{"z": 1, "a": null}', '<a>é</a>', '10.0.0.1/8', '10.0.0.0/8',
    '08:00:2b:01:02:03', B'10101', B'1', '(1,2)', '(1,1),(0,0)', '((0,0),(1,1))', '((0,0),(1,1),(2,0))', '<(0,0),1>', '{1,2,3}', '[(0,0),(1,1)]',
    12.34::numeric::money, 'a:1 b:2', 'a & !b', ARRAY[1, NULL, i], ARRAY[['a"', 'b,'], ['{', '\']], 'public.types', 'public.mood', 'lower(text)', 1259,
    '16/B374D848', 'ha"ppy', '{sad,"ha\"ppy"}', ROW(i, 'sad')::public.pair, ARRAY[ROW(1, 'sad')::public.pair], 7, '{sad}',
    '[1,5)', '{[1,2),[4,5)}', '[1.5,2.5]', ARRAY['[1,2)'::public.spans]
FROM generate_series(1, 50) i;
INSERT INTO public.types DEFAULT VALUES;
INSERT INTO public.types (n, r, d, iv, da) VALUES ('NaN', 'NaN', '-Infinity', '0', 'infinity');

-- names
CREATE TABLE "S ""q'; --"."T %s \ $1 ,()" (
    "id "" x" serial, "select" text, "a.b" text DEFAULT 'it''s', "é日本" text, "UPPER" integer,
    CONSTRAINT "p k"";" PRIMARY KEY ("id "" x"));
INSERT INTO "S ""q'; --"."T %s \ $1 ,()" ("select", "é日本", "UPPER") SELECT 's' || i, 'ß' || i, i FROM generate_series(1, 20) i;
CREATE INDEX "i ''""x" ON "S ""q'; --"."T %s \ $1 ,()" ("a.b", "é日本") WHERE "select" <> E'x''\\y -- $$ "z';
COMMENT ON INDEX "S ""q'; --"."i ''""x" IS 'two
--
-- TOC entry 1 (class 1259 OID 1)
-- Name: nothing; Type: INDEX; Schema: public; Owner: nobody
lines';
SELECT setval('"S ""q''; --"."T %s \ $1 ,()_id "" x_seq"', 4711, false);

-- shapes
CREATE TABLE public.none ();
INSERT INTO public.none DEFAULT VALUES;
INSERT INTO public.none DEFAULT VALUES;
CREATE TABLE public.only_generated (g integer GENERATED ALWAYS AS (1) STORED);
INSERT INTO public.only_generated DEFAULT VALUES;
CREATE TABLE public.empty (id integer PRIMARY KEY, v text);
CREATE TABLE public.generated (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED, gone integer, c text);
ALTER TABLE public.generated DROP COLUMN gone;
INSERT INTO public.generated (a, c) SELECT i, 'c' || i FROM generate_series(1, 30) i;
CREATE INDEX ON public.generated (b);
CREATE TABLE public.wide AS SELECT i AS id, repeat(md5(i::text), 20000) AS v,
    (SELECT jsonb_object_agg(k, md5((i * k)::text)) FROM generate_series(1, 400) k) AS j FROM generate_series(1, 12) i;
ALTER TABLE public.wide ALTER v SET STORAGE EXTERNAL;
UPDATE public.wide SET v = v || '!';
DELETE FROM public.wide WHERE id = 3;
CREATE TABLE public.long AS SELECT i AS id, md5(i::text) AS a, i % 100 AS b, repeat('x', 300) AS c FROM generate_series(1, 30000) i;
ALTER TABLE public.long ADD PRIMARY KEY (id);
CREATE INDEX long_b ON public.long (b);
CREATE UNIQUE INDEX long_a ON public.long (a) INCLUDE (b);
ALTER TABLE public.long CLUSTER ON long_b;
ALTER TABLE public.long REPLICA IDENTITY FULL;
CREATE UNLOGGED TABLE public.unlogged AS SELECT i FROM generate_series(1, 10) i;

CREATE TABLE public.parent (id integer, note text);
CREATE TABLE public.child (more text) INHERITS (public.parent);
INSERT INTO public.parent SELECT i, 'parent' FROM generate_series(1, 3) i;
INSERT INTO public.child SELECT i, 'child', 'm' FROM generate_series(4, 9) i;

CREATE TABLE public.parts (id integer, at date NOT NULL, kind public.mood, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE public.parts_a PARTITION OF public.parts FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE public.parts_b (at date NOT NULL, kind public.mood, id integer NOT NULL);
ALTER TABLE public.parts ATTACH PARTITION public.parts_b FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE public.parts_d PARTITION OF public.parts DEFAULT PARTITION BY LIST (id);
CREATE TABLE public.parts_d1 PARTITION OF public.parts_d DEFAULT;
CREATE INDEX parts_kind ON public.parts (kind);
INSERT INTO public.parts SELECT i, '2024-06-01'::date + i, 'sad' FROM generate_series(1, 1500) i;
CREATE TABLE public.hashed (m public.mood, v integer) PARTITION BY HASH (m);
CREATE TABLE public.hashed_0 PARTITION OF public.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE public.hashed_1 PARTITION OF public.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX hashed_v ON public.hashed (v);
INSERT INTO public.hashed SELECT m, i FROM unnest(enum_range(NULL::public.mood)) m, generate_series(1, 20) i;

-- keys
CREATE TABLE public.users (id integer PRIMARY KEY, boss integer REFERENCES public.users DEFERRABLE INITIALLY DEFERRED, name text UNIQUE);
INSERT INTO public.users SELECT i, i / 2 + 1, 'u' || i FROM generate_series(1, 200) i;
CREATE TABLE public.orders (id integer PRIMARY KEY, user_id integer CONSTRAINT "or "";ders" REFERENCES public.users ON DELETE CASCADE, at date,
    part integer, FOREIGN KEY (part, at) REFERENCES public.parts, EXCLUDE USING gist (int4range(id, id + 1) WITH &&), CHECK (id > 0));
INSERT INTO public.orders SELECT i, i % 200 + 1, '2024-06-01'::date + i, i FROM generate_series(1, 400) i;
ALTER TABLE public.orders ADD CONSTRAINT later FOREIGN KEY (user_id) REFERENCES public.users NOT VALID;
CREATE TABLE public.believed (id integer, user_id integer REFERENCES public.users);
SET session_replication_role = replica;
INSERT INTO public.believed VALUES (1, 1);
RESET session_replication_role;

-- what must not fire
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN RAISE 'a trigger fired; -- $$ '' "'; END$f$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.long EXECUTE FUNCTION public.refuse();
CREATE TRIGGER always BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION public.refuse();
ALTER TABLE public.users ENABLE ALWAYS TRIGGER always;
CREATE RULE nothing AS ON INSERT TO public.generated DO INSTEAD NOTHING;
CREATE FUNCTION public.refuse_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''an event trigger fired''; END';
CREATE TABLE public.secret (id integer, who text);
INSERT INTO public.secret SELECT i, 'w' FROM generate_series(1, 10) i;
ALTER TABLE public.secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.secret FORCE ROW LEVEL SECURITY;
CREATE POLICY nobody ON public.secret USING (false);

-- views
CREATE VIEW public.by_key AS SELECT id, name, boss FROM public.users GROUP BY id;
CREATE MATERIALIZED VIEW public.z_first AS SELECT count(*) AS n FROM public.long;
CREATE VIEW public.y_between AS SELECT n + 1 AS n FROM public.z_first;
CREATE MATERIALIZED VIEW public.a_second AS SELECT n * 2 AS n FROM public.y_between;
CREATE UNIQUE INDEX ON public.a_second (n);
CREATE MATERIALIZED VIEW public.unfilled AS SELECT 1 AS one WITH NO DATA;
CREATE STATISTICS public.both (dependencies) ON b, a FROM public.long;

-- beside tables
CREATE SEQUENCE public.untouched START WITH 17 INCREMENT BY -3 MINVALUE -100 MAXVALUE 20;
CREATE SEQUENCE public.used;
SELECT nextval('public.used') FROM generate_series(1, 9);
SELECT lo_from_bytea(1001, convert_to(repeat('large', 100000), 'UTF8'));
SELECT lo_create(1002);
SELECT lo_from_bytea(1003, '\x00ff');
SELECT lo_put(1003, 10000, '\xabcd');
COMMENT ON LARGE OBJECT 1002 IS 'it''s empty';
CREATE EVENT TRIGGER refuse_ddl ON ddl_command_start EXECUTE FUNCTION public.refuse_ddl();
