CREATE SCHEMA one;
CREATE SCHEMA two;
CREATE TYPE one.e AS ENUM ('a');
CREATE TABLE two.t (id int PRIMARY KEY, e one.e);
CREATE VIEW one.v AS SELECT id FROM two.t;
CREATE FUNCTION two.f() RETURNS one.e LANGUAGE sql AS $$ SELECT 'a'::one.e $$;
CREATE TABLE same (a int);
