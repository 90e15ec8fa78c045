CREATE TYPE public.c AS (name varchar, n int);
CREATE TYPE public.d AS (name varchar, z int);
CREATE TABLE public.plain OF public.c (n NOT NULL);
CREATE TABLE public.of_c OF public.d;
CREATE TABLE public.grows OF public.c;
CREATE TABLE public.turned OF public.c;
