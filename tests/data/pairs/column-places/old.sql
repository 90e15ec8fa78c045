-- aliases name columns by their places, and those are others on the other side
CREATE TABLE crate (id int, label text, packed date, gone int);
INSERT INTO crate VALUES (1, 'a', '2020-01-01', 4);
CREATE VIEW crates (one, two) AS SELECT n, l FROM crate c(n, l, p);
CREATE VIEW crates_twice AS SELECT n, l, "P q" FROM crate c(n, l, "P q") JOIN crate d(x, y) ON x = n AND y = l;
CREATE MATERIALIZED VIEW crates_kept AS SELECT p, n FROM crate AS crate(n, l, p);
CREATE FUNCTION latest() RETURNS date LANGUAGE sql BEGIN ATOMIC SELECT max(p) FROM crate AS public(n, l, p); END;
CREATE RULE refill AS ON DELETE TO crate DO ALSO INSERT INTO crate (id) SELECT n FROM crate c(n, l, p) WHERE l > 'a';
-- and those of joins, by the places of what is joined
CREATE TABLE lorry (plate text, crate int, "Axle s" int);
CREATE TABLE driver (plate text, name text);
CREATE VIEW loaded AS SELECT x.what, x.lorry FROM (crate JOIN lorry ON crate.id = lorry.crate) x(what, label, packed, gone, lorry);
CREATE VIEW loads AS SELECT x.id, x.label FROM (crate LEFT JOIN lorry ON crate.label = ') x(') x;
CREATE VIEW driven AS SELECT x.p, x.who FROM (lorry JOIN driver USING (plate)) x(p, c, axles, who) JOIN crate ON crate.id = x.c;
CREATE VIEW driven_far AS SELECT z.n, z.y FROM ((lorry JOIN driver USING (plate)) x(y) CROSS JOIN LATERAL generate_series(1, x.crate) WITH ORDINALITY) z(y, c, a, w, g, n);
CREATE VIEW counted AS SELECT z.n, z.plate FROM (lorry JOIN (SELECT count(*) AS n, plate AS p FROM driver GROUP BY plate) d ON d.p = lorry.plate) z;
CREATE VIEW shown AS SELECT z.w, z.s FROM (lorry JOIN driven ON driven.p = lorry.plate) z(w, c, a, p, s);
CREATE FUNCTION heaviest() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT max(j.c) FROM (lorry FULL JOIN driver USING (plate)) j(p, c); END;
