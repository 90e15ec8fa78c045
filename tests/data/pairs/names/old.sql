CREATE SCHEMA "Sch ema.""x";
CREATE TABLE "Sch ema.""x"."select" ("a b" int PRIMARY KEY, "c""d" text DEFAULT 'it''s', "%s" int, "user" text);
CREATE TABLE "ta/ble" (";drop table x;--" int, "naïve ☃" text);
CREATE TYPE "Mo od" AS ENUM ('a''b', 'c"d', '\');
CREATE FUNCTION "Fn ()"("A b" "Mo od") RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE SEQUENCE "s.q";
CREATE TABLE ".." (a int);
