CREATE TYPE public.mood AS ENUM ('good', 'bad');
CREATE DOMAIN public.amount AS numeric;
CREATE DOMAIN public.small_amount AS public.amount CHECK (VALUE < 1000);
CREATE TABLE public.readings (
	a json,
	b bigint,
	c boolean,
	d boolean,
	e public.small_amount,
	f uuid,
	g public.mood,
	h timestamp,
	i integer,
	j money,
	k bytea,
	l inet
);
