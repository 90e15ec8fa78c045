CREATE TABLE orders (log text, total numeric);
CREATE TYPE tag AS (tag text, day text, node orders);
CREATE TABLE tags OF tag;
CREATE TABLE orders_kept (x orders CHECK (num_nulls(x) >= 0));
CREATE TABLE tags_kept (id int, t tag);
