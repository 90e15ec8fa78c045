CREATE TABLE base (id bigint NOT NULL, at date DEFAULT '2021-01-01', added text, CHECK (id > 0));
CREATE TABLE heir (extra text DEFAULT 'x') INHERITS (base);
CREATE TABLE free (id bigint NOT NULL, at date DEFAULT '2021-01-01', added text, own int, CONSTRAINT base_id_check CHECK (id > 0));
ALTER TABLE free INHERIT base;
CREATE TABLE late (id bigint NOT NULL, at date, added text, CONSTRAINT base_id_check CHECK (id > 0));
ALTER TABLE late INHERIT base;
CREATE TABLE grandheir (more int) INHERITS (heir);
ALTER TABLE grandheir ALTER id SET DEFAULT 7;
CREATE TABLE leaves () INHERITS (base);
