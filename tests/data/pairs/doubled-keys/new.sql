CREATE TABLE public.seats (hall integer NOT NULL, seat integer NOT NULL);
ALTER TABLE public.seats ADD CONSTRAINT seats_pkey PRIMARY KEY (hall, seat);
ALTER TABLE public.seats ADD CONSTRAINT seats_once UNIQUE (hall, seat) WITH (fillfactor=80);
-- of two such keys in one CREATE TABLE the server makes but one
CREATE TABLE public.boxes (hall integer NOT NULL, box integer NOT NULL);
ALTER TABLE public.boxes ADD CONSTRAINT boxes_pkey PRIMARY KEY (hall, box);
ALTER TABLE public.boxes ADD CONSTRAINT boxes_once UNIQUE (hall, box) WITH (fillfactor=80);
ALTER TABLE public.boxes ADD CONSTRAINT boxes_twice UNIQUE (hall, box) DEFERRABLE;
CREATE TABLE public.stalls (price numeric, code integer);
ALTER TABLE public.stalls ADD CONSTRAINT stalls_once EXCLUDE USING btree (price WITH =) WHERE (code > 0);
ALTER TABLE public.stalls ADD CONSTRAINT stalls_twice EXCLUDE USING btree (price WITH =) WHERE (code > 0);
