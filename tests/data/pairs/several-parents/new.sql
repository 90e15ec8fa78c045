-- Heirs of several parents, of which they leave some, take others, or take them in another order.

CREATE SCHEMA m1;
SET search_path = m1;
CREATE TABLE a (x bigint, w text DEFAULT 'w', CONSTRAINT pos2 CHECK (x > -2));
CREATE TABLE b (x bigint, z text, w text);
CREATE TABLE ab (x bigint, own int, w text DEFAULT 'both') INHERITS (b, a);
CREATE TABLE abc (q int) INHERITS (ab);
ALTER TABLE abc ALTER x SET DEFAULT 5;
CREATE TABLE d (x bigint DEFAULT 4, CONSTRAINT pos2 CHECK (x > -2)) INHERITS (abc);
