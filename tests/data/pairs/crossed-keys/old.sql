CREATE TABLE hen (id int PRIMARY KEY, egg int);
CREATE TABLE egg (id int PRIMARY KEY, hen int REFERENCES hen);
ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg;
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);

-- a table that goes refers to a key with its own row type in it
CREATE TABLE stamp (at date, seal text);
CREATE TABLE letter (code text, posted stamp, PRIMARY KEY (code) INCLUDE (posted));
ALTER TABLE stamp ADD FOREIGN KEY (seal) REFERENCES letter;
