-- A table that leaves its parent stays what it is, whatever becomes of the parent.
CREATE TABLE public.note (text text);
CREATE TABLE public.event (place varchar, seen boolean, day int CONSTRAINT day CHECK (day > 0));
CREATE INDEX event_day ON public.event (day);
CREATE TABLE public.visit (came date NOT NULL, guests int) INHERITS (public.event, public.note);
CREATE TABLE public.party (came date NOT NULL, day int NOT NULL) INHERITS (public.visit);
CREATE VIEW public.visits AS SELECT place, came FROM public.visit;
