CREATE TABLE public.vehicles (wheels integer, plate text);
ALTER TABLE public.vehicles ADD CONSTRAINT plates EXCLUDE USING btree (plate WITH =);
CREATE TABLE public.cars () INHERITS (public.vehicles);
CREATE TABLE public.carts () INHERITS (public.vehicles);
CREATE TABLE public.tools (weight integer, name text);
CREATE MATERIALIZED VIEW public.stock AS SELECT weight, name FROM public.tools;
CREATE INDEX stock_name ON public.stock (name);
COMMENT ON COLUMN public.stock.name IS 'as sold';

-- a type takes the name of a parent, and what was its heir is made anew with it
CREATE TABLE public.crate (a int);
CREATE TABLE public.pallet (load date) INHERITS (public.crate);
