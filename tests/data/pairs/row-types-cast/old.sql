-- A type made of a row type is made anew, by a cast, while the row type changes.
CREATE TABLE orders (log varchar(40) NOT NULL, total numeric);
CREATE TYPE tag AS (tag text, day date, node orders);
CREATE TABLE tags OF tag;
CREATE TABLE orders_kept (x orders CHECK (num_nulls(x) >= 0));
CREATE TABLE tags_kept (id int, t tag);
