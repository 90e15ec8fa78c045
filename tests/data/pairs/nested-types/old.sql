CREATE TYPE public.span AS RANGE (subtype = text);
CREATE TYPE public.size AS ENUM ('small', 'medium', 'large');
CREATE TYPE public.parcel AS (reach public.span, size public.size, stops public.span[]);
CREATE TYPE public.batch AS (first public.parcel, size public.size, weight integer);
CREATE TABLE public.shipments (parcel public.parcel, batch public.batch);

CREATE TYPE public.chain_inner AS (a int, b text);
CREATE TYPE public.chain_goes AS (i public.chain_inner);
CREATE TYPE public.chain_outer AS (g public.chain_goes, k int);
CREATE TABLE public.chain_t (o public.chain_outer);
