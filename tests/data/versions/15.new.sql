CREATE TABLE card (id int, holder text, UNIQUE (id, holder));
CREATE UNIQUE INDEX card_holder ON card (holder) NULLS NOT DISTINCT;
CREATE TABLE owner (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE owned (a int, b int, FOREIGN KEY (a, b) REFERENCES owner ON DELETE SET DEFAULT (a));
CREATE VIEW cards WITH (security_invoker) AS SELECT * FROM card;
CREATE SEQUENCE passing;
CREATE TABLE brief (id int GENERATED ALWAYS AS IDENTITY);
