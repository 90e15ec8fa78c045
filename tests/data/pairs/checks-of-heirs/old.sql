-- checks that are held in a form that what is printed of them does not lead to, on parents and on what joins them
CREATE TABLE orders (day int, state varchar, CONSTRAINT state_known CHECK (state IN ('new', 'done'))) PARTITION BY LIST (day);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES IN (1);
CREATE TABLE orders_2 (day int, state varchar, CONSTRAINT state_known CHECK (state IN ('new', 'done')));
CREATE TABLE orders_3 (day int, state varchar);
CREATE TABLE parent (kind varchar, CONSTRAINT kinds CHECK (kind IN ('a', 'b')));
CREATE TABLE child (kind varchar, n int);
CREATE TABLE plain (word varchar);
CREATE TABLE worded (word varchar, CONSTRAINT words CHECK (word IN ('x', 'y')));
