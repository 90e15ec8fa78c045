-- What came with 17.
CREATE COLLATION plain (provider = builtin, locale = 'C.UTF-8');
CREATE TABLE shelf (name text COLLATE plain, a int, twice_a int GENERATED ALWAYS AS (a * 2) STORED);
CREATE INDEX ON shelf (twice_a);
CREATE VIEW shelves AS SELECT name, twice_a FROM shelf;
GRANT MAINTAIN ON shelf TO PUBLIC;
CREATE DOMAIN filled AS text CONSTRAINT is_filled NOT NULL;
CREATE TABLE visit (id bigint GENERATED ALWAYS AS IDENTITY, day date NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE visit_a PARTITION OF visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE bare (id int) PARTITION BY LIST (id);
CREATE TABLE bare_1 PARTITION OF bare FOR VALUES IN (1);
CREATE TABLE many (id int, at date, EXCLUDE USING btree (id WITH =, at WITH =)) PARTITION BY HASH (id);
CREATE VIEW rows_of AS SELECT * FROM JSON_TABLE('[{"a": 1}]'::jsonb, '$[*]' COLUMNS (n FOR ORDINALITY, a int PATH '$.a' DEFAULT 0 ON EMPTY));
CREATE EVENT TRIGGER enters ON login EXECUTE FUNCTION noticed();
