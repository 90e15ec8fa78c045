CREATE TABLE a (id int PRIMARY KEY, code text CONSTRAINT a_code UNIQUE, x int, y int);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id), c text REFERENCES a (code) ON DELETE CASCADE);
CREATE TABLE c (a int, b int);
