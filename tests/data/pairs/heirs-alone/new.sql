-- Columns that stay in heirs, or were there before, while the parent's goes or comes, and their types change.

CREATE SCHEMA plain;
SET search_path = plain;
CREATE TYPE kind AS ENUM ('a', 'b');
CREATE TABLE whole (id integer);
CREATE TABLE heir (own text, at kind) INHERITS (whole);
CREATE VIEW shown AS SELECT NULL::timestamptz AS one, h.id AS two, h.at AS three FROM heir h;

CREATE SCHEMA rows;
SET search_path = rows;
CREATE TABLE hinge (size bigint);
CREATE TABLE whole (id integer);
CREATE TABLE heir (own text, h hinge) INHERITS (whole);
CREATE TABLE below () INHERITS (heir);
-- The default of an heir's column comes from another parent's sequence.
CREATE TABLE till (opened date);
CREATE TABLE ledger (no bigserial NOT NULL);
CREATE TABLE shop_till (place text) INHERITS (ledger);
