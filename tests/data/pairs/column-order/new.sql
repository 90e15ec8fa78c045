-- the other way round, with one more; the order is no part of what a table is
CREATE TABLE public.letters (weight integer, sender text, place text, body text);
COMMENT ON COLUMN public.letters.body IS 'as it was written';
ALTER TABLE public.letters ALTER COLUMN place SET STORAGE EXTERNAL;
ALTER TABLE public.letters ALTER COLUMN sender SET STORAGE EXTERNAL;
ALTER TABLE public.letters ALTER COLUMN weight SET STATISTICS 500;
