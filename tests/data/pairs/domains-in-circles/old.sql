-- a check calls what takes a table that has such a column
CREATE DOMAIN price AS int;
CREATE TABLE item (id int PRIMARY KEY, p price);
CREATE FUNCTION fits(i item) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';
ALTER DOMAIN price ADD CONSTRAINT fit CHECK (fits(NULL::item));
ALTER TABLE item ADD CHECK (fits(item)), ALTER p SET DEFAULT 3;

-- as does its default
CREATE DOMAIN rank AS int;
CREATE TABLE player (id int PRIMARY KEY, r rank);
CREATE FUNCTION next_rank(p player) RETURNS rank LANGUAGE sql STABLE AS 'SELECT 1::rank';
ALTER DOMAIN rank ADD CHECK (next_rank(NULL) > 0);
ALTER DOMAIN rank SET DEFAULT next_rank(NULL);

-- two domains and what gives their values
CREATE DOMAIN day AS int;
CREATE DOMAIN night AS int;
CREATE FUNCTION some_day() RETURNS day LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
CREATE TABLE hours (d day, n night, more day[]);
ALTER DOMAIN night ADD CHECK (some_day() IS NULL);

-- tables by whose rows each gives the other its default
CREATE TABLE left_hand (id int PRIMARY KEY, n int);
CREATE TABLE right_hand (id int PRIMARY KEY, n int);
CREATE FUNCTION lefts(int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM left_hand WHERE n > $1; END;
CREATE FUNCTION rights(int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM right_hand WHERE n > $1; END;
ALTER TABLE left_hand ALTER n SET DEFAULT rights(1);
ALTER TABLE right_hand ALTER n SET DEFAULT lefts(1);

CREATE DOMAIN share AS int;
CREATE TYPE shares AS (s share, t text);
CREATE TABLE shared (s shares, t share);
