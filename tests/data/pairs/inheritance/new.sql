CREATE TABLE base (id bigint NOT NULL, at date DEFAULT '2021-01-01', added text, CHECK (id > 0));
CREATE TABLE heir (extra text DEFAULT 'x') INHERITS (base);
CREATE TABLE free (own int) INHERITS (base);
CREATE TABLE grandheir (more int, id bigint DEFAULT 7) INHERITS (heir);
