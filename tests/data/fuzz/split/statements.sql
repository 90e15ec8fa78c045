-- first
CREATE TABLE a (b int, "c;d" text DEFAULT ';'); SELECT 'x'';', E'\';', $t$;$$;$t$, U&"d;", 1.5e3; /* ; /* ; */ ; */
SELECT 2 -- ;
;;
BROKEN ( one;
CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);
