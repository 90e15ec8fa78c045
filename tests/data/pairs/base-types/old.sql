CREATE TYPE "Ti""me";
CREATE FUNCTION ti_in(cstring) RETURNS "Ti""me" LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION ti_out("Ti""me") RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE FUNCTION ti_recv(internal) RETURNS "Ti""me" LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
CREATE FUNCTION ti_send("Ti""me") RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'int4send';
CREATE TYPE "Ti""me" (INPUT = ti_in, OUTPUT = ti_out, RECEIVE = ti_recv, LIKE = int4, CATEGORY = 'N');
CREATE FUNCTION before("Ti""me", "Ti""me") RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE OPERATOR < (FUNCTION = before, LEFTARG = "Ti""me", RIGHTARG = "Ti""me");
CREATE CAST ("Ti""me" AS int) WITHOUT FUNCTION;
CREATE TABLE t (a "Ti""me" DEFAULT '7', b "Ti""me"[], c int);
CREATE VIEW v AS SELECT a FROM t WHERE a < '9';
CREATE TYPE later;
COMMENT ON TYPE "Ti""me" IS 'since the start';
-- a range whose canonical function is about the range
CREATE FUNCTION span(int, int) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT ($2 - $1)::float8';
CREATE TYPE steps AS RANGE (subtype = int, subtype_diff = span);
CREATE TABLE s (r steps);
