CREATE SCHEMA "odd ones";
CREATE TABLE customers (
    id int CONSTRAINT customers_key PRIMARY KEY,
    email text CONSTRAINT email_once UNIQUE,
    age int CONSTRAINT grown_up CHECK (age > 17),
    during tsrange, CONSTRAINT apart EXCLUDE USING gist (during WITH &&)
);
COMMENT ON CONSTRAINT grown_up ON customers IS 'by law';
CREATE TABLE orders (
    id int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME orders_numbers) PRIMARY KEY,
    nr serial,
    buyer int CONSTRAINT buyer_there REFERENCES customers
);
ALTER SEQUENCE orders_nr_seq RENAME TO orders_counter;
CREATE INDEX by_buyer ON orders (buyer);
CREATE UNIQUE INDEX "By ""Nr""" ON orders (nr) WHERE nr > 0;
COMMENT ON INDEX by_buyer IS 'for the list';
ALTER TABLE orders CLUSTER ON by_buyer;
ALTER TABLE orders ALTER nr SET NOT NULL;
CREATE UNIQUE INDEX orders_ident ON orders (nr);
ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_ident;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch_it BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE orders DISABLE TRIGGER touch_it;
CREATE POLICY own ON orders USING (buyer = 1);
CREATE RULE keep AS ON DELETE TO orders DO INSTEAD NOTHING;
CREATE STATISTICS together ON nr, buyer FROM orders;

CREATE TABLE "odd ones"."Log.s" (at date, what text, CONSTRAINT "what.is" CHECK (what <> '')) PARTITION BY RANGE (at);
CREATE TABLE "odd ones".log_a PARTITION OF "odd ones"."Log.s" FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE "odd ones".log_b (what text CONSTRAINT "what.is" CHECK (what <> ''), at date);
ALTER TABLE "odd ones"."Log.s" ATTACH PARTITION "odd ones".log_b FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE INDEX log_at ON "odd ones"."Log.s" (at);
ALTER INDEX "odd ones".log_a_at_idx RENAME TO "odd at";

CREATE TABLE parent (a int, CONSTRAINT some_a CHECK (a > 0));
CREATE TABLE child (b int, CONSTRAINT some_a CHECK (a > 0)) INHERITS (parent);
-- taken by something else before
CREATE TABLE holder (x int);
CREATE INDEX holder_x ON holder (x);
CREATE SEQUENCE free_name;
