CREATE TYPE "Ti""me";
CREATE FUNCTION ti_in(cstring) RETURNS "Ti""me" LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION ti_out("Ti""me") RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE FUNCTION ti_recv(internal) RETURNS "Ti""me" LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
CREATE FUNCTION ti_send("Ti""me") RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'int4send';
CREATE TYPE "Ti""me" (INPUT = ti_in, OUTPUT = ti_out, SEND = ti_send, LIKE = int4, CATEGORY = 'N');
CREATE FUNCTION before("Ti""me", "Ti""me") RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE OPERATOR < (FUNCTION = before, LEFTARG = "Ti""me", RIGHTARG = "Ti""me");
CREATE TABLE t (a "Ti""me" DEFAULT '7', b "Ti""me"[], c int);
CREATE VIEW v AS SELECT a FROM t WHERE a < '9';
CREATE TYPE later;
CREATE FUNCTION later_in(cstring) RETURNS later LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION later_out(later) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE later (INPUT = later_in, OUTPUT = later_out, INTERNALLENGTH = variable, STORAGE = extended, DEFAULT = 'soo''n',
	DELIMITER = ';', COLLATABLE = true, PREFERRED = true, CATEGORY = 'x', ALIGNMENT = int4);
CREATE TABLE l (x later, y later[]);
COMMENT ON TYPE later IS 'no shell any more';
CREATE TYPE "only a shell";
