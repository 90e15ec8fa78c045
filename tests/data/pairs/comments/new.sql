CREATE SCHEMA s;
CREATE TABLE s.t (a int PRIMARY KEY);
CREATE SEQUENCE s.q;
COMMENT ON TABLE s.t IS E'lines\nand ''quotes'' and $$dollars$$ and \\ and ünïcode ☃';
COMMENT ON COLUMN s.t.a IS '--';
COMMENT ON SEQUENCE s.q IS '/*';
COMMENT ON CONSTRAINT t_pkey ON s.t IS 'trois';
