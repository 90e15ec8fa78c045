CREATE TABLE sale (id int, region text, amount int);
CREATE TABLE sale_kept (id int, region text, amount int);
