CREATE TYPE person AS (id int, name text, born date);
CREATE TABLE member OF person (PRIMARY KEY (id), name WITH OPTIONS NOT NULL);
CREATE TABLE guest OF person;
CREATE TYPE address AS (street text, zip varchar(5));
CREATE TABLE house (id int PRIMARY KEY, at address, former address[]);
CREATE TABLE place OF address;
CREATE TYPE gone AS (a int);
CREATE TABLE freed OF gone;
CREATE TABLE bound (x int, y text);
