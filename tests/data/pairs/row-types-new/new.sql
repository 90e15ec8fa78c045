CREATE TABLE public.a (kind text, n int, computed int GENERATED ALWAYS AS (n + 1) STORED);
CREATE TABLE public.b (i int, a public.a);
CREATE TABLE public.c (a public.a, many public.a[]);
