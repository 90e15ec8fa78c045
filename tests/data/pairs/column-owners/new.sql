CREATE TABLE public.ledger (entry text, amount numeric);
GRANT UPDATE (entry), SELECT (amount) ON public.ledger TO pair_two WITH GRANT OPTION;
GRANT SELECT (amount), SELECT (entry) ON public.ledger TO pair_app;
