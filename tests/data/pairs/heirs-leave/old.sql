-- Partitions and heirs that leave drop columns whose type changes in their whole, and where their defaults would not fit.
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
