-- values of types that are replaced, which go down to heirs with defaults of their own
CREATE TYPE public.reach AS RANGE (subtype = integer);
CREATE TYPE public.shade AS ENUM ('dark', 'light');
CREATE TABLE public.lamps (reach public.reach[] NOT NULL, shade public.shade DEFAULT 'dark');
ALTER TABLE public.lamps ALTER COLUMN shade SET STATISTICS 50;
CREATE TABLE public.torches (shade public.shade DEFAULT 'light') INHERITS (public.lamps);
-- the order of parents is what pg_dump writes
CREATE TABLE public.named (name text);
CREATE TABLE public.priced (price bigint);
CREATE TABLE public.goods () INHERITS (public.priced, public.named);
CREATE TABLE public.wares (size integer) INHERITS (public.named, public.priced);
-- and a partition to which a foreign key refers goes
CREATE TABLE public.rooms (id integer, shade public.shade, PRIMARY KEY (id, shade)) PARTITION BY LIST (shade);
CREATE TABLE public.doors (room integer, shade public.shade, FOREIGN KEY (room, shade) REFERENCES public.rooms);
CREATE TABLE public.later (size bytea);
CREATE TABLE public.grown () INHERITS (public.later);
CREATE TABLE public.freed () INHERITS (public.later);
CREATE DOMAIN public.seven AS integer DEFAULT 7;
CREATE TABLE public.father (x integer DEFAULT 3, y public.seven);
CREATE TABLE public.mother (x integer DEFAULT 4, y public.seven DEFAULT 8);
CREATE TABLE public.daughter (x integer) INHERITS (public.father);
ALTER TABLE public.daughter ALTER x DROP DEFAULT;
CREATE TABLE public.son (x integer DEFAULT 5, y public.seven DEFAULT NULL) INHERITS (public.father, public.mother);
ALTER TABLE public.son ALTER x DROP DEFAULT, ALTER y DROP DEFAULT;
