CREATE TYPE public.c AS (name varchar, n int);
CREATE TYPE public.d AS (name varchar, z int);
CREATE TABLE public.plain (a int, n int);
CREATE TABLE public.of_c OF public.c;
CREATE TABLE public.grows (name varchar);
CREATE TABLE public.turned (n int, name varchar);
