CREATE TABLE public.ledger (entry text, amount numeric);
GRANT UPDATE (entry), SELECT (amount) ON public.ledger TO pair_two WITH GRANT OPTION;
GRANT SELECT (amount), SELECT (entry) ON public.ledger TO pair_app;
CREATE SCHEMA ledgers AUTHORIZATION pair_app;
GRANT CREATE ON SCHEMA ledgers TO pair_two;
CREATE SEQUENCE numbers;
ALTER SEQUENCE numbers OWNER TO pair_app;
GRANT USAGE ON SEQUENCE numbers TO pair_two;
CREATE TABLE secrets (a int);
ALTER TABLE secrets OWNER TO pair_app;
GRANT SELECT ON secrets TO pair_two;

CREATE TABLE public.handed_over (total boolean, more int);
GRANT UPDATE (total), INSERT ON public.handed_over TO pair_two WITH GRANT OPTION;
ALTER TABLE public.handed_over OWNER TO pair_two;
GRANT UPDATE, SELECT ON public.handed_over TO pair_app WITH GRANT OPTION;
GRANT DELETE ON public.handed_over TO pair_two WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE pair_app GRANT USAGE ON SEQUENCES TO pair_app WITH GRANT OPTION;

CREATE TABLE public.given (a int, b int);
ALTER TABLE public.given OWNER TO pair_two;
GRANT UPDATE (a), SELECT (b) ON public.given TO pair_two WITH GRANT OPTION;
GRANT UPDATE, SELECT ON public.given TO pair_app WITH GRANT OPTION;
