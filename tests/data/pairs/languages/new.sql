CREATE FUNCTION plx_call() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION plx_inline(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE TRUSTED LANGUAGE "pl/X" HANDLER plx_call INLINE plx_inline;
CREATE FUNCTION in_x(a int) RETURNS int LANGUAGE "pl/X" AS 'BEGIN RETURN a + 1; END';
CREATE TRANSFORM FOR text LANGUAGE "pl/X" (TO SQL WITH FUNCTION textrecv(internal));
CREATE FUNCTION by_transform(a text) RETURNS text TRANSFORM FOR TYPE text LANGUAGE "pl/X" AS 'BEGIN RETURN a; END';
ALTER LANGUAGE "pl/X" OWNER TO pk_lang;
REVOKE USAGE ON LANGUAGE "pl/X" FROM PUBLIC;
