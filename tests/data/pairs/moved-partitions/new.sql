CREATE TABLE sale (id int, region text, amount int);
CREATE TABLE sale_kept (id int, region text, amount int);
CREATE TABLE spot (x bigint, y int);
CREATE TABLE stop (id int, at spot);
CREATE DOMAIN stop_rest AS int;

CREATE TABLE tally (code text, place int NOT NULL, above int, PRIMARY KEY (code, place)) PARTITION BY HASH (code);
CREATE TABLE tally_one PARTITION OF tally FOR VALUES WITH (modulus 2, remainder 0);
ALTER TABLE tally_one ADD CONSTRAINT below FOREIGN KEY (code, above) REFERENCES tally (code, place) ON UPDATE SET NULL;
