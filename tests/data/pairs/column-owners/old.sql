CREATE TABLE public.ledger (entry text, amount numeric);
GRANT UPDATE (entry), SELECT (amount) ON public.ledger TO pair_two WITH GRANT OPTION;
GRANT SELECT (amount), SELECT (entry) ON public.ledger TO pair_app;
ALTER TABLE public.ledger OWNER TO pair_app;
CREATE SCHEMA ledgers AUTHORIZATION pair_two;
GRANT USAGE ON SCHEMA ledgers TO pair_app WITH GRANT OPTION;
CREATE SEQUENCE numbers;
GRANT UPDATE ON SEQUENCE numbers TO pair_app WITH GRANT OPTION;
CREATE TABLE secrets (a int);
ALTER TABLE secrets OWNER TO pair_two;
REVOKE DELETE, TRUNCATE ON secrets FROM pair_two;
GRANT DELETE ON secrets TO pair_app;

-- what a role might grant before it became the owner
CREATE TABLE public.handed_over (total boolean);
GRANT UPDATE (total), INSERT ON public.handed_over TO pair_two WITH GRANT OPTION;
ALTER TABLE public.handed_over OWNER TO pair_two;
GRANT UPDATE, SELECT ON public.handed_over TO pair_app WITH GRANT OPTION;
