-- the parent goes, and its constraint's name with it to another, which takes its heirs
CREATE TABLE public.machines (wheels integer, plate text);
ALTER TABLE public.machines ADD CONSTRAINT plates EXCLUDE USING btree (plate WITH =);
CREATE TABLE public.cars () INHERITS (public.machines);
CREATE TABLE public.carts () INHERITS (public.machines);
CREATE FUNCTION public.scrap() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM public.machines; END;
-- a table where a materialized view was, with columns and an index of the same names
CREATE TABLE public.items (name date[]);
CREATE TABLE public.stock (weight integer) INHERITS (public.items);
CREATE INDEX stock_name ON public.stock (name);
COMMENT ON COLUMN public.stock.name IS 'as sold';

CREATE TYPE public.crate AS (x int);
CREATE TABLE public.pallet (tag numeric, load public.crate) PARTITION BY HASH (tag);
