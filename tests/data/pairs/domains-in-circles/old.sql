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

-- expressions name the row type of a table while a domain of its columns gains a check
CREATE DOMAIN size AS int CHECK (VALUE > 0);
CREATE TABLE sized (x int, v size);
CREATE FUNCTION size_of(sized) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
ALTER TABLE sized ALTER x SET DEFAULT size_of(NULL);
CREATE VIEW sizes AS SELECT size_of(NULL) AS size;

CREATE DOMAIN tide AS int;
CREATE DOMAIN wave AS int;
CREATE TABLE sea (t tide, w wave, note text);
CREATE FUNCTION some_wave() RETURNS wave LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION some_tide() RETURNS tide LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION at_sea(sea, OUT o tide, OUT p wave) LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN; END';
ALTER DOMAIN wave ADD CHECK (some_tide() IS NULL AND (at_sea(NULL)).p IS NULL);
ALTER DOMAIN tide ADD CHECK (some_wave() IS NULL) NOT VALID;
ALTER TABLE sea ALTER t SET DEFAULT (at_sea(NULL)).o;
ALTER DOMAIN tide SET DEFAULT some_wave();
