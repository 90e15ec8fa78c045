-- Owners who may not use what is theirs, while something else in the plan needs it.
SET SESSION AUTHORIZATION pair_own;

CREATE SCHEMA s;
CREATE TYPE s.mood AS ENUM ('a','b');
CREATE DOMAIN s.d AS int;
CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE SEQUENCE s.seq;
CREATE TABLE s.t (i int PRIMARY KEY, m s.mood, CHECK (s.f(i) > 0));
CREATE TABLE s.k (i int REFERENCES s.t);
CREATE TABLE s.log (i int, m text);
CREATE INDEX ON s.t (s.f(i));
CREATE VIEW s.v AS SELECT i, s.f(i) FROM s.t;
CREATE FUNCTION s.tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE s.un (i int);
REVOKE UPDATE, DELETE, TRUNCATE ON s.log FROM pair_own;
REVOKE ALL ON s.t, s.v, s.un, s.seq FROM pair_own;
REVOKE ALL ON FUNCTION s.f(int), s.tf() FROM pair_own, PUBLIC;
REVOKE ALL ON TYPE s.mood, s.d FROM pair_own, PUBLIC;
REVOKE ALL ON SCHEMA s FROM pair_own;

CREATE SCHEMA g;
CREATE TABLE g.part (i int) PARTITION BY RANGE (i);
CREATE TABLE g.app (i int, k int);
REVOKE ALL ON g.app FROM pair_own;
GRANT SELECT (i), INSERT (k) ON g.app TO pair_own;
CREATE TABLE g.own (i int);
REVOKE ALL ON g.own FROM pair_own; 
GRANT SELECT ON g.own TO pair_own WITH GRANT OPTION;

-- and what default privileges take from them
CREATE SCHEMA q;
ALTER DEFAULT PRIVILEGES FOR ROLE pair_own REVOKE SELECT,REFERENCES,TRIGGER ON TABLES FROM pair_own;
ALTER DEFAULT PRIVILEGES FOR ROLE pair_own REVOKE ALL ON FUNCTIONS FROM pair_own;
ALTER DEFAULT PRIVILEGES FOR ROLE pair_own REVOKE ALL ON TYPES FROM pair_own;
ALTER DEFAULT PRIVILEGES FOR ROLE pair_own REVOKE USAGE ON SEQUENCES FROM pair_own;
ALTER DEFAULT PRIVILEGES FOR ROLE pair_own REVOKE USAGE ON SCHEMAS FROM pair_own;
CREATE TABLE q.old (i int);
CREATE TABLE q.keep (i int PRIMARY KEY);
