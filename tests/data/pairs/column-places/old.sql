-- aliases name columns by their places, and those are others on the other side
CREATE TABLE crate (id int, label text, packed date, gone int);
INSERT INTO crate VALUES (1, 'a', '2020-01-01', 4);
CREATE VIEW crates (one, two) AS SELECT n, l FROM crate c(n, l, p);
CREATE VIEW crates_twice AS SELECT n, l, "P q" FROM crate c(n, l, "P q") JOIN crate d(x, y) ON x = n AND y = l;
CREATE MATERIALIZED VIEW crates_kept AS SELECT p, n FROM crate AS crate(n, l, p);
CREATE FUNCTION latest() RETURNS date LANGUAGE sql BEGIN ATOMIC SELECT max(p) FROM crate AS public(n, l, p); END;
CREATE RULE refill AS ON DELETE TO crate DO ALSO INSERT INTO crate (id) SELECT n FROM crate c(n, l, p) WHERE l > 'a';
