-- A view that changes in place stops using another one, which has to go before a column changes its type,
-- and starts to use one that can come only after that.
CREATE TABLE public.measure (id integer PRIMARY KEY, amount integer, unit text);
CREATE VIEW public.raw AS SELECT id, unit, amount * 2 AS twice FROM public.measure;
CREATE VIEW public.report AS SELECT id, unit FROM public.raw;
COMMENT ON VIEW public.report IS 'kept';
CREATE VIEW public.report_users AS SELECT unit FROM public.report;

-- A view takes the place of another under one that stays, beside a column that loses its NOT NULL.
CREATE TABLE public.lead (log integer PRIMARY KEY, note text);
CREATE VIEW public.tag AS SELECT log * 2 AS doubled, note FROM public.lead;
CREATE VIEW public.total AS SELECT doubled FROM public.tag;

-- An attribute goes with its type while the schema changes its privileges.
CREATE TYPE public.mood AS ENUM ('good', 'bad');
CREATE TYPE public.entry AS (at date, mood public.mood);

-- An heir's own column is one of its parent's afterwards, of another type.
CREATE TYPE public.span AS RANGE (subtype = numeric);
CREATE TABLE public.parent (id integer);
CREATE TABLE public.heir (total text) INHERITS (public.parent);

-- defaults that call what takes the row
CREATE TABLE own_row (x int, y int, z int);
CREATE FUNCTION takes_row(own_row) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER TABLE own_row ALTER y SET DEFAULT takes_row(NULL), ALTER z SET DEFAULT takes_row(NULL);
