CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION pg_trgm;
CREATE TABLE t (a ext.citext);
CREATE INDEX t_trgm ON t USING gist ((a::text) gist_trgm_ops);
