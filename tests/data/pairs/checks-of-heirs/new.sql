CREATE TABLE orders (day int, state varchar, CONSTRAINT states CHECK (state IN ('new', 'done'))) PARTITION BY LIST (day);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES IN (1);
CREATE TABLE orders_2 PARTITION OF orders FOR VALUES IN (2);
CREATE TABLE orders_3 PARTITION OF orders FOR VALUES IN (3);
CREATE TABLE orders_4 PARTITION OF orders DEFAULT;
CREATE TABLE parent (kind varchar, CONSTRAINT kinds CHECK (kind IN ('a', 'b')));
CREATE TABLE child (n int) INHERITS (parent);
CREATE TABLE plain (word varchar, CONSTRAINT words CHECK (word IN ('x', 'y')));
CREATE TABLE worded () INHERITS (plain);
