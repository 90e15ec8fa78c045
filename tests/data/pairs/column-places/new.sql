CREATE TABLE crate (packed date, added int, label text, id int);
CREATE VIEW crates (one, two) AS SELECT n, l FROM crate c(p, a, l, n);
CREATE VIEW crates_twice AS SELECT n, l, "P q" FROM crate c("P q", m, l, n) JOIN crate d(w, z, y, x) ON x = n AND y = l AND z = m;
CREATE MATERIALIZED VIEW crates_kept AS SELECT p, n FROM crate AS crate(p, a, l, n) WHERE a > 0;
CREATE FUNCTION latest() RETURNS date LANGUAGE sql BEGIN ATOMIC SELECT min(p) FROM crate AS public(p, a, l, n); END;
CREATE RULE refill AS ON DELETE TO crate DO ALSO INSERT INTO crate (id) SELECT n FROM crate c(p, a, l, n) WHERE l > 'a';
