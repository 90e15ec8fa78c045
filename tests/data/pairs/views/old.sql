CREATE TABLE t (id int PRIMARY KEY, name text, n int);
CREATE VIEW low AS SELECT id, name, n FROM t;
CREATE VIEW mid AS SELECT id, upper(name) AS name FROM low;
CREATE VIEW top WITH (security_barrier) AS SELECT mid.id, count(*) AS n FROM mid GROUP BY mid.id;
CREATE VIEW lone AS SELECT 1 AS a;
CREATE VIEW grouped AS SELECT id, name FROM t GROUP BY id;
