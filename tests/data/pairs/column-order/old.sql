CREATE TABLE public.letters (body text, sender text, weight integer);
COMMENT ON COLUMN public.letters.body IS 'as it was written';
ALTER TABLE public.letters ALTER COLUMN sender SET STORAGE EXTERNAL;
ALTER TABLE public.letters ALTER COLUMN weight SET STATISTICS 500;
