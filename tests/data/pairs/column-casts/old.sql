CREATE TYPE public.mood AS ENUM ('good', 'bad');
CREATE DOMAIN public.amount AS numeric;
CREATE DOMAIN public.small_amount AS public.amount CHECK (VALUE < 1000);
CREATE TABLE public.readings (
	a uuid,
	b boolean,
	c numeric(6, 2),
	d public.amount,
	e integer,
	f public.mood,
	g integer[],
	h time,
	i money,
	j bigint,
	k jsonb,
	l point
);
