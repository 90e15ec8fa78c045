-- Columns that stay in heirs, or were there before, while the parent's goes or comes, and their types change.

CREATE SCHEMA plain;
SET search_path = plain;
CREATE TYPE kind AS ENUM ('a', 'b');
CREATE TABLE whole (id integer, at timestamptz);
CREATE TABLE heir (own text) INHERITS (whole);
CREATE VIEW shown AS SELECT w.at AS one, h.id AS two FROM whole w CROSS JOIN heir h;

CREATE SCHEMA rows;
SET search_path = rows;
CREATE TABLE hinge (size integer);
CREATE TABLE whole (id integer, h hinge);
CREATE TABLE heir (own text) INHERITS (whole);
CREATE TABLE below () INHERITS (heir);
CREATE TABLE till (no bigserial NOT NULL);
CREATE TABLE shop_till (place text) INHERITS (till);
