CREATE TABLE public.note (text text);
CREATE TABLE public.event (place varchar, seen boolean, day int) PARTITION BY HASH (day);
CREATE TABLE public.event_all PARTITION OF public.event FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE public.visit (came date NOT NULL, guests int, day int CONSTRAINT day CHECK (day > 0)) INHERITS (public.note);
CREATE TABLE public.party (came date NOT NULL, day int NOT NULL) INHERITS (public.visit);
CREATE VIEW public.visits AS SELECT text, came FROM public.visit;
