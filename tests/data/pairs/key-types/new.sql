CREATE TYPE public.shade AS ENUM ('light', 'dark');
CREATE TABLE public.rooms (id text PRIMARY KEY, shade public.shade UNIQUE, size bigint UNIQUE);
CREATE TABLE public.doors (
	room text REFERENCES public.rooms,
	shade public.shade REFERENCES public.rooms (shade),
	size bigint CONSTRAINT doors_fit REFERENCES public.rooms (size) ON DELETE CASCADE DEFERRABLE
);
CREATE TABLE included (a int, b int, note varchar(40), UNIQUE (a) INCLUDE (note), FOREIGN KEY (b) REFERENCES included (a));

CREATE TABLE ring (a numeric, CONSTRAINT ring_a UNIQUE (a) INCLUDE (a));
ALTER TABLE ring ADD CONSTRAINT next FOREIGN KEY (a) REFERENCES ring (a) NOT VALID;
