CREATE SCHEMA two;
CREATE SCHEMA three;
CREATE TYPE three.e AS ENUM ('a');
CREATE TABLE two.t (id int PRIMARY KEY, e three.e);
CREATE VIEW three.v AS SELECT id FROM two.t;
CREATE TABLE three.same (a int);
CREATE FUNCTION three.f(two.t) RETURNS int LANGUAGE sql AS $$ SELECT ($1).id $$;
