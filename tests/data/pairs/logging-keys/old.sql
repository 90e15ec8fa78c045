-- Foreign keys between tables that become logged or unlogged.
CREATE TABLE a (id int PRIMARY KEY, o int);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a, b int REFERENCES b, s int REFERENCES c);
CREATE UNLOGGED TABLE x (id int PRIMARY KEY, y int);
CREATE UNLOGGED TABLE y (id int PRIMARY KEY, x int REFERENCES x);
ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y;
CREATE TABLE gone (i int PRIMARY KEY, x int);
CREATE TABLE z (i int REFERENCES gone, k int);
CREATE TABLE pt (i int, x int) PARTITION BY LIST (i);
CREATE TABLE n (i int PRIMARY KEY);
