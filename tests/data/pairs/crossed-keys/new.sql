CREATE TABLE tree (id bigint PRIMARY KEY, parent bigint REFERENCES tree);
CREATE TABLE one (id int PRIMARY KEY, two int);
CREATE TABLE two (id int PRIMARY KEY, one int REFERENCES one);
ALTER TABLE one ADD FOREIGN KEY (two) REFERENCES two;

CREATE TABLE letter (written text NOT NULL);
