CREATE TABLE base (id int NOT NULL, at date DEFAULT '2020-01-01', CHECK (id > 0));
CREATE TABLE heir (extra text) INHERITS (base);
CREATE TABLE free (id int NOT NULL, at date, CONSTRAINT base_id_check CHECK (id > 0));
CREATE TABLE grandheir (more int) INHERITS (heir);
CREATE TABLE late (id int);
CREATE TABLE leaves (id int NOT NULL, at date DEFAULT '2020-01-01');
CREATE TABLE plant (height int);
CREATE TABLE tree (bark text NOT NULL) INHERITS (plant);
CREATE TABLE oak () INHERITS (tree);
CREATE TABLE crop (id int) PARTITION BY LIST (id);
CREATE TABLE crop_1 PARTITION OF crop FOR VALUES IN (1);
CREATE TABLE crop_2 PARTITION OF crop FOR VALUES IN (2) PARTITION BY LIST (id);
CREATE TABLE crop_21 PARTITION OF crop_2 FOR VALUES IN (2);
CREATE TABLE area (side int, size int GENERATED ALWAYS AS (side * side) STORED);
CREATE TABLE garden (beds int) INHERITS (area);
CREATE TABLE yard () INHERITS (garden);
COMMENT ON COLUMN yard.size IS 'fenced';
CREATE INDEX garden_size ON garden (size);
CREATE VIEW yards AS SELECT size FROM yard;
CREATE TABLE plot (id int, size int GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY LIST (id);
CREATE TABLE plot_1 PARTITION OF plot FOR VALUES IN (1);
CREATE INDEX plot_size ON plot (size);
CREATE TABLE dry (a int);
CREATE TABLE wet (b int);
CREATE TABLE moist () INHERITS (dry, wet);
CREATE TABLE damp (a int);

-- heirs come with, or have, a column that their parent loses, in another type
CREATE TABLE stock (code text, tag text, CONSTRAINT by_code PRIMARY KEY (code) INCLUDE (tag));
CREATE TABLE shelf (price date NOT NULL, tag boolean);
CREATE TABLE page (id int NOT NULL, tag text, CONSTRAINT by_id PRIMARY KEY (id) INCLUDE (tag)) PARTITION BY LIST (id);
CREATE TABLE page_1 (id int NOT NULL, price date NOT NULL);

-- a check that is not validated
CREATE TABLE gate (open boolean);
CREATE TABLE door ();

-- a parent gets an identity
CREATE TABLE queue (what text);
CREATE TABLE urgent () INHERITS (queue);
CREATE TABLE square (side int, size int GENERATED ALWAYS AS (side * side) STORED);
