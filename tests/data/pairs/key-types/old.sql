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

-- a key that another one comes in place of, without a block, and a column that the end of a third one changes
CREATE TABLE ring (a numeric CONSTRAINT ring_a UNIQUE);
ALTER TABLE ring ADD CONSTRAINT next FOREIGN KEY (a) REFERENCES ring (a) NOT VALID;
ALTER TABLE ring ADD PRIMARY KEY (a);
