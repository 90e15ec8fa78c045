-- Partitions and heirs that leave drop columns whose type changes in their whole, and where their defaults would not fit.

CREATE SCHEMA h1;
SET search_path = h1;
CREATE TABLE pair (a integer, b text);
CREATE TABLE whole (k integer NOT NULL, b pair, n integer) PARTITION BY LIST (k);
CREATE TABLE leaver PARTITION OF whole FOR VALUES IN (1);
ALTER TABLE leaver ALTER COLUMN b SET DEFAULT '(1,one)';
ALTER TABLE leaver ALTER COLUMN n SET DEFAULT 5;
CREATE TABLE stays PARTITION OF whole FOR VALUES IN (2);
CREATE TABLE p (b pair, n integer DEFAULT 7);
CREATE TABLE c (x integer, b pair DEFAULT '(2,two)', n integer DEFAULT 8) INHERITS (p);
INSERT INTO whole VALUES (2, '(4,y)', 2);
INSERT INTO p VALUES ('(3,x)', 1);

-- Constraints of parents that are renamed while heirs come, go and come back.
CREATE SCHEMA h2;
SET search_path = h2;
CREATE TABLE a (n int CONSTRAINT was CHECK (n > 0));
CREATE TABLE b (m int);
CREATE TABLE back () INHERITS (a, b);
CREATE TABLE below () INHERITS (back);
CREATE TABLE stays () INHERITS (a);
CREATE TABLE leaves () INHERITS (a);
CREATE TABLE loses () INHERITS (a);
CREATE TABLE other () INHERITS (a);
CREATE TABLE whole (k int, n int, CONSTRAINT was CHECK (n > 0)) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF whole FOR VALUES IN (1);
CREATE TABLE p2 PARTITION OF whole FOR VALUES IN (2);
CREATE TABLE p3 PARTITION OF whole FOR VALUES IN (3);
CREATE TABLE p4 PARTITION OF whole FOR VALUES IN (4);
