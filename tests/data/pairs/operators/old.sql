CREATE SCHEMA "o.p""s";
CREATE TYPE "o.p""s"."Pair (x)" AS (a int, b int);
CREATE FUNCTION "o.p""s"."lt, it"("o.p""s"."Pair (x)", "o.p""s"."Pair (x)") RETURNS boolean LANGUAGE sql AS 'SELECT ($1).a < ($2).a';
CREATE FUNCTION gt("o.p""s"."Pair (x)", "o.p""s"."Pair (x)") RETURNS boolean LANGUAGE sql AS 'SELECT ($1).a > ($2).a';
CREATE FUNCTION neg("o.p""s"."Pair (x)") RETURNS int LANGUAGE sql AS 'SELECT -($1).a';
CREATE FUNCTION pairint("o.p""s"."Pair (x)", int) RETURNS boolean LANGUAGE sql AS 'SELECT ($1).a = $2';
CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT lower($1) = lower($2)';
CREATE FUNCTION differ(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT lower($1) <> lower($2)';
-- one of each other's, both there before and after
CREATE OPERATOR "o.p""s".<# (FUNCTION = "o.p""s"."lt, it", LEFTARG = "o.p""s"."Pair (x)", RIGHTARG = "o.p""s"."Pair (x)", COMMUTATOR = OPERATOR("o.p""s".>#));
CREATE OPERATOR "o.p""s".># (FUNCTION = gt, LEFTARG = "o.p""s"."Pair (x)", RIGHTARG = "o.p""s"."Pair (x)", COMMUTATOR = OPERATOR("o.p""s".<#));
CREATE OPERATOR -# (FUNCTION = neg, RIGHTARG = "o.p""s"."Pair (x)");
CREATE OPERATOR =# (FUNCTION = pairint, LEFTARG = "o.p""s"."Pair (x)", RIGHTARG = int, COMMUTATOR = OPERATOR(public.#=));
CREATE OPERATOR =~= (FUNCTION = same, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel, JOIN = eqjoinsel, COMMUTATOR = =~=);
CREATE OPERATOR ~!~ (FUNCTION = differ, LEFTARG = text, RIGHTARG = text, RESTRICT = neqsel);
CREATE TABLE t (a text, b text, CHECK (a =~= b));
CREATE VIEW v AS SELECT a OPERATOR(public.~!~) b AS d FROM t;
COMMENT ON OPERATOR =~= (text, text) IS 'whatever their case';
COMMENT ON OPERATOR -# (NONE, "o.p""s"."Pair (x)") IS 'minus';
