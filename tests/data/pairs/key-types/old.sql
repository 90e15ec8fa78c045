CREATE TYPE public.shade AS ENUM ('light', 'dark', 'none');
CREATE TABLE public.rooms (id integer PRIMARY KEY, shade public.shade UNIQUE, size integer UNIQUE);
CREATE TABLE public.doors (
	room integer REFERENCES public.rooms,
	shade public.shade REFERENCES public.rooms (shade),
	size integer CONSTRAINT doors_fit REFERENCES public.rooms (size) ON DELETE CASCADE DEFERRABLE
);
CREATE TABLE included (a int, b int, note text, UNIQUE (a) INCLUDE (note), FOREIGN KEY (b) REFERENCES included (a));
-- its type waits for an index that goes without a block
CREATE INDEX included_note ON included (note COLLATE "C");
