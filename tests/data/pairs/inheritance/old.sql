CREATE TABLE base (id int NOT NULL, at date DEFAULT '2020-01-01', CHECK (id > 0));
CREATE TABLE heir (extra text) INHERITS (base);
CREATE TABLE free (id int NOT NULL, at date, CONSTRAINT base_id_check CHECK (id > 0));
CREATE TABLE grandheir (more int) INHERITS (heir);
CREATE TABLE late (id int);
CREATE TABLE leaves (id int NOT NULL, at date DEFAULT '2020-01-01');
