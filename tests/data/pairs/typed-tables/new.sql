CREATE TYPE person AS (id int, name text, mail text);
CREATE TABLE member OF person (PRIMARY KEY (id), name WITH OPTIONS NOT NULL);
CREATE TABLE guest OF person (mail WITH OPTIONS DEFAULT '');
CREATE TYPE address AS (zip varchar(10), street text);
CREATE TABLE house (id int PRIMARY KEY, at address, former address[]);
CREATE TABLE place OF address;
CREATE TABLE freed (a int);
CREATE TYPE pair AS (x int, y text);
CREATE TABLE bound OF pair;
