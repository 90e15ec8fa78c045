CREATE TABLE t (id int PRIMARY KEY, gone text DEFAULT 'x' NOT NULL, stays numeric(10,2));
CREATE TABLE leaves (a int, b int);
COMMENT ON COLUMN t.gone IS 'about to go';
CREATE TABLE sheds (i int);
