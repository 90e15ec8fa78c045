CREATE SCHEMA "odd ones";
CREATE TABLE customers (
    id int PRIMARY KEY,
    email text UNIQUE,
    age int CHECK (age > 17),
    during tsrange, CONSTRAINT not_at_once EXCLUDE USING gist (during WITH &&)
);
COMMENT ON CONSTRAINT customers_age_check ON customers IS 'by the law';
CREATE TABLE orders (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nr serial,
    buyer int REFERENCES customers
);
CREATE INDEX orders_buyer ON orders (buyer);
CREATE UNIQUE INDEX "orders nr" ON orders (nr) WHERE nr > 0;
ALTER TABLE orders CLUSTER ON orders_buyer;
CREATE UNIQUE INDEX "orders identity" ON orders (nr);
ALTER TABLE orders REPLICA IDENTITY USING INDEX "orders identity";
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "Touch" BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY owner_alone ON orders USING (buyer = 1);
CREATE RULE stays AS ON DELETE TO orders DO INSTEAD NOTHING;
CREATE STATISTICS nr_and_buyer ON nr, buyer FROM orders;

CREATE TABLE "odd ones"."Log.s" (at date, what text, CONSTRAINT not_empty CHECK (what <> '')) PARTITION BY RANGE (at);
CREATE TABLE "odd ones".log_a PARTITION OF "odd ones"."Log.s" FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE "odd ones".log_b (what text CONSTRAINT not_empty CHECK (what <> ''), at date);
ALTER TABLE "odd ones"."Log.s" ATTACH PARTITION "odd ones".log_b FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE INDEX at_the_time ON "odd ones"."Log.s" (at);

CREATE TABLE parent (a int, CONSTRAINT positive CHECK (a > 0));
CREATE TABLE child (b int, CONSTRAINT positive CHECK (a > 0)) INHERITS (parent);
CREATE TABLE holder (x int);
CREATE INDEX free_name ON holder (x);
CREATE VIEW holder_x AS SELECT 1 AS one;
