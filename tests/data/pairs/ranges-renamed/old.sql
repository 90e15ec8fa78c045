CREATE SCHEMA s;
CREATE TYPE public.q AS RANGE (SUBTYPE = text, MULTIRANGE_TYPE_NAME = public.qs);
ALTER TYPE public.q RENAME TO r;
ALTER TYPE public.qs RENAME TO rs;
ALTER TYPE public.r SET SCHEMA s;
CREATE TABLE s.t (i int, r s.r);
