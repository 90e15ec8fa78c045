-- Partitions and heirs that leave drop columns whose type changes in their whole, and where their defaults would not fit.
CREATE TABLE pair (a bigint, b text);
CREATE TABLE whole (k integer NOT NULL, b pair, n jsonb) PARTITION BY LIST (k);
CREATE TABLE leaver (k integer NOT NULL);
CREATE TABLE stays PARTITION OF whole FOR VALUES IN (2);
CREATE TABLE p (b pair, n jsonb);
CREATE TABLE c (x integer);
