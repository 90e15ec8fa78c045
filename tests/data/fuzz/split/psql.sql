\restrict abc
SELECT 1 \g
\i other.sql
COPY t (a) FROM stdin;
1	;'
\.
SELECT 2;
\unrestrict abc
