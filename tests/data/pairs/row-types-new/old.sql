CREATE TABLE public.a (kind int, n int);
CREATE TABLE public.b (i int);
