CREATE TYPE person AS (id int, name text, mail text);
CREATE TABLE member OF person (PRIMARY KEY (id), name WITH OPTIONS NOT NULL);
CREATE TABLE guest OF person (mail WITH OPTIONS DEFAULT '');
CREATE TYPE address AS (zip varchar(10), street text);
CREATE TABLE house (id int PRIMARY KEY, at address, former address[]);
CREATE TABLE place OF address;
CREATE TABLE freed (a int);
CREATE TYPE pair AS (x int, y text);
CREATE TABLE bound OF pair;
CREATE TYPE point3 AS (y text, x bigint, z date);
CREATE TABLE points OF point3 (x WITH OPTIONS DEFAULT 1 PRIMARY KEY);

-- tables follow a type that is replaced, and their heirs do
CREATE SCHEMA follow;
CREATE TYPE follow.kind AS (k bigint, v numeric, came text, too int);
CREATE TABLE follow.typed OF follow.kind (PRIMARY KEY (k), v WITH OPTIONS DEFAULT 1 CHECK (v > -1000000), too WITH OPTIONS DEFAULT 3);
CREATE TABLE follow.heir (more text) INHERITS (follow.typed);
CREATE TABLE follow.refers (k bigint REFERENCES follow.typed);
CREATE VIEW follow.v AS SELECT k, v FROM follow.typed;
CREATE TABLE follow.holds (t follow.typed, u follow.kind[]);
CREATE TABLE follow.parts OF follow.kind PARTITION BY RANGE (v);
CREATE TABLE follow.part PARTITION OF follow.parts DEFAULT;
CREATE TABLE follow.keyed OF follow.kind PARTITION BY RANGE (k);
CREATE TABLE follow.keyed1 PARTITION OF follow.keyed DEFAULT;

CREATE TYPE sized AS (a int, b int);
CREATE TABLE sizes OF sized (CONSTRAINT first PRIMARY KEY (a), CONSTRAINT above CHECK (b > 0));
