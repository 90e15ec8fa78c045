CREATE TYPE public.span AS RANGE (subtype = integer);
CREATE TYPE public.size AS ENUM ('medium', 'large');
CREATE TYPE public.parcel AS (reach public.span, size public.size, stops public.span[]);
CREATE TYPE public.batch AS (first public.parcel, size public.size, weight integer);
CREATE TABLE public.shipments (parcel public.parcel, batch public.batch);

CREATE TYPE public.chain_inner AS (a int, c text);
CREATE TYPE public.chain_comes AS (i public.chain_inner);
CREATE TYPE public.chain_outer AS (k int, h public.chain_comes);
CREATE TABLE public.chain_t (o public.chain_outer);
