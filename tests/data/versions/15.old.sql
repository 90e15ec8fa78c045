-- What came with 15.
CREATE TABLE card (id int, holder text, UNIQUE NULLS NOT DISTINCT (id, holder));
CREATE UNIQUE INDEX card_holder ON card (holder);
CREATE TABLE owner (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE owned (a int, b int, FOREIGN KEY (a, b) REFERENCES owner ON DELETE SET NULL (b));
CREATE VIEW cards AS SELECT * FROM card;
CREATE UNLOGGED SEQUENCE passing;
CREATE UNLOGGED TABLE brief (id int GENERATED ALWAYS AS IDENTITY);
CREATE SCHEMA issued;
CREATE PUBLICATION parts FOR TABLE told (id, v) WHERE (v > 1);
CREATE PUBLICATION whole FOR TABLES IN SCHEMA issued;
