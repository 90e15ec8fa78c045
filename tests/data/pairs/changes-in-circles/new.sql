CREATE TABLE public.measure (id integer PRIMARY KEY, amount bigint, unit text);
CREATE VIEW public.fine AS SELECT id, unit, amount * 3 AS thrice FROM public.measure;
CREATE VIEW public.report AS SELECT id, unit FROM public.fine;
COMMENT ON VIEW public.report IS 'kept';
CREATE VIEW public.report_users AS SELECT unit FROM public.report;

CREATE TABLE public.lead (log integer, note text);
CREATE VIEW public.b AS SELECT log * 2 AS doubled, note FROM public.lead;
CREATE VIEW public.total AS SELECT doubled FROM public.b;

CREATE TYPE public.entry AS (at date);
GRANT USAGE ON SCHEMA public TO pg_monitor;

CREATE TYPE public.span AS RANGE (subtype = numeric);
CREATE TABLE public.parent (id integer, total public.span);
CREATE TABLE public.heir () INHERITS (public.parent);

-- defaults that call what takes the row
CREATE TABLE own_row (x int, y int, z int);
CREATE FUNCTION takes_row(own_row) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER TABLE own_row ALTER x SET DEFAULT takes_row(NULL), ALTER y SET DEFAULT takes_row(NULL) + 1;
