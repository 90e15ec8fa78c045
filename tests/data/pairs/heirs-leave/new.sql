-- Partitions and heirs that leave drop columns whose type changes in their whole, and where their defaults would not fit.

CREATE SCHEMA h1;
SET search_path = h1;
CREATE TABLE pair (a bigint, b text);
CREATE TABLE whole (k integer NOT NULL, b pair, n jsonb) PARTITION BY LIST (k);
CREATE TABLE leaver (k integer NOT NULL);
CREATE TABLE stays PARTITION OF whole FOR VALUES IN (2);
CREATE TABLE p (b pair, n jsonb);
CREATE TABLE c (x integer);

-- Constraints of parents that are renamed while heirs come, go and come back.
CREATE SCHEMA h2;
SET search_path = h2;
CREATE TABLE c (l int);
CREATE TABLE a (n int CONSTRAINT is_now CHECK (n > 0));
CREATE TABLE b (m int);
CREATE TABLE back (m int) INHERITS (c, a);
CREATE TABLE below () INHERITS (back);
CREATE TABLE stays () INHERITS (a);
CREATE TABLE leaves (n int CONSTRAINT was CHECK (n > 0));
CREATE TABLE loses (n int);
CREATE TABLE other (n int CONSTRAINT third CHECK (n > 0));
CREATE TABLE whole (k int, n int, CONSTRAINT is_now CHECK (n > 0)) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF whole FOR VALUES IN (11);
CREATE TABLE p2 (k int, n int, CONSTRAINT was CHECK (n > 0));
CREATE TABLE p3 PARTITION OF whole FOR VALUES IN (3);
CREATE TABLE p4 (k int, n int, CONSTRAINT is_now CHECK (n > 0));
