CREATE SCHEMA "Sch ema.""x";
CREATE TABLE "Sch ema.""x"."select" ("a b" int CONSTRAINT "p""k" PRIMARY KEY, "c""d" varchar(9) DEFAULT E'\\', "%d" int,
	"user" text, CONSTRAINT "Che ck" CHECK ("user" <> 'a"b'));
CREATE TABLE "ta/ble" (";drop table x;--" bigint, "naïve ☃" text COLLATE "C");
CREATE INDEX "in dex" ON "ta/ble" ("naïve ☃", lower("naïve ☃"));
CREATE TYPE "Mo od" AS ENUM ('a''b', '$1', 'c"d', '\');
CREATE FUNCTION "Fn ()"("A b" "Mo od", "c" "Mo od"[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE SEQUENCE "s.q" OWNED BY "ta/ble".";drop table x;--";
CREATE VIEW "Vi ew" AS SELECT "naïve ☃" AS "x y" FROM "ta/ble";
CREATE TABLE "TA/BLE" (a int);
COMMENT ON COLUMN "ta/ble".";drop table x;--" IS 'Bobby';
