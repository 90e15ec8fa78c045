CREATE TABLE sale (id int, region text, amount int);
CREATE TABLE sale_kept (id int, region text, amount int);
CREATE TABLE spot (x bigint, y int);
CREATE TABLE stop (id int, at spot);
CREATE DOMAIN stop_rest AS int;
