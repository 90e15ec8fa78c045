CREATE TABLE public.seats (hall integer NOT NULL, seat integer NOT NULL);
