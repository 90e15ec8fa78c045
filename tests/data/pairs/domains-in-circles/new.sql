CREATE DOMAIN price AS bigint;
CREATE TABLE item (id int PRIMARY KEY, p price, more price);
CREATE FUNCTION fits(i item, x int DEFAULT 0) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';
ALTER DOMAIN price ADD CONSTRAINT fit CHECK (fits(NULL::item) AND VALUE IS NOT NULL);
ALTER TABLE item ADD CHECK (fits(item, 3)), ALTER more SET DEFAULT 3;

CREATE TABLE player (id int PRIMARY KEY, r int);
CREATE FUNCTION next_rank(p player) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
ALTER TABLE player ALTER r SET DEFAULT next_rank(NULL), ADD CHECK (next_rank(player) > 0);

CREATE DOMAIN day AS int;
CREATE DOMAIN night AS int;
CREATE FUNCTION some_day() RETURNS day LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION some_day(x text) RETURNS SETOF day LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN; END';
CREATE FUNCTION some_night() RETURNS night LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
CREATE TABLE hours (d day, n night, more text, others day[]);
CREATE FUNCTION last_hour(hours, OUT first day, OUT last night) LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN; END';
ALTER DOMAIN night ADD CHECK (some_day() IS NULL);
ALTER DOMAIN day ADD CHECK (some_night() IS NULL) NOT VALID;
ALTER TABLE hours ALTER d SET DEFAULT (last_hour(NULL)).first;
ALTER DOMAIN day SET DEFAULT some_night();

CREATE TABLE left_hand (id int PRIMARY KEY, n bigint);
CREATE TABLE right_hand (id int PRIMARY KEY, n text, m int GENERATED ALWAYS AS (id + 1) STORED);
CREATE FUNCTION lefts(bigint) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM left_hand WHERE n > $1; END;
CREATE FUNCTION rights(int) RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT max(n) FROM right_hand WHERE m > $1; END;
ALTER TABLE left_hand ALTER n SET DEFAULT length(rights(1));
ALTER TABLE right_hand ALTER n SET DEFAULT lefts(1);

CREATE DOMAIN share AS int;
CREATE TYPE shares AS (s share, t text);
ALTER DOMAIN share ADD CONSTRAINT own CHECK ((NULL::shares).t IS NULL) NOT VALID;
CREATE TABLE shared (s shares, t share);

CREATE DOMAIN size AS int;
CREATE TABLE sized (x int, v size);
CREATE FUNCTION size_of(sized) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
ALTER TABLE sized ALTER x SET DEFAULT size_of(NULL);
CREATE VIEW sizes AS SELECT size_of(NULL) AS size;

CREATE DOMAIN tide AS bigint;
CREATE DOMAIN wave AS varchar(10);
CREATE TABLE sea (t tide, note text, w wave);
CREATE FUNCTION some_wave() RETURNS wave LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION some_tide() RETURNS tide[] LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION at_sea(sea, OUT o tide, OUT p wave) LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN; END';
ALTER DOMAIN wave ADD CHECK (some_tide() IS NULL AND (at_sea(NULL)).p IS NULL);
ALTER DOMAIN tide ADD CHECK (some_wave() IS NULL) NOT VALID;
ALTER TABLE sea ALTER w SET DEFAULT (at_sea(NULL)).p;
