-- Heirs of several parents, of which they leave some, take others, or take them in another order.

CREATE SCHEMA m1;
SET search_path = m1;
CREATE TABLE a (x int, y int NOT NULL DEFAULT 1, CONSTRAINT pos CHECK (x > -1));
CREATE TABLE b (x int, z text, CONSTRAINT pos CHECK (x > -1));
CREATE TABLE ab (x int, own int) INHERITS (a, b);
CREATE TABLE abc (q int) INHERITS (ab);
CREATE TABLE d (x int DEFAULT 3) INHERITS (abc, b);
