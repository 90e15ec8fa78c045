CREATE TYPE person AS (id int, name text, born date);
CREATE TABLE member OF person (PRIMARY KEY (id), name WITH OPTIONS NOT NULL);
CREATE TABLE guest OF person;
CREATE TYPE address AS (street text, zip varchar(5));
CREATE TABLE house (id int PRIMARY KEY, at address, former address[]);
CREATE TABLE place OF address;
CREATE TYPE gone AS (a int);
CREATE TABLE freed OF gone;
CREATE TABLE bound (x int, y text);
CREATE TYPE point3 AS (x int, y text);
CREATE TABLE points OF point3 (x WITH OPTIONS DEFAULT 1 PRIMARY KEY);

-- tables follow a type that is replaced, and their heirs do
CREATE SCHEMA follow;
CREATE TYPE follow.kind AS (k int, v numeric, gone text);
CREATE TABLE follow.typed OF follow.kind (PRIMARY KEY (k), v WITH OPTIONS DEFAULT 1 CHECK (v > -1000000));
CREATE TABLE follow.heir (more text) INHERITS (follow.typed);
CREATE TABLE follow.refers (k int REFERENCES follow.typed);
CREATE VIEW follow.v AS SELECT k, v FROM follow.typed;
CREATE TABLE follow.holds (t follow.typed, u follow.kind[]);
CREATE TABLE follow.parts OF follow.kind PARTITION BY RANGE (v);
CREATE TABLE follow.part PARTITION OF follow.parts DEFAULT;
CREATE TABLE follow.keyed OF follow.kind PARTITION BY RANGE (k);
CREATE TABLE follow.keyed1 PARTITION OF follow.keyed DEFAULT;

-- constraints of typed tables under other names
CREATE TYPE sized AS (a int, b int);
CREATE TABLE sizes OF sized (CONSTRAINT one PRIMARY KEY (a), CONSTRAINT positive CHECK (b > 0));
