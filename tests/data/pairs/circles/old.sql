CREATE TABLE kept (id int PRIMARY KEY, label text);
CREATE VIEW shown AS SELECT id FROM kept;
