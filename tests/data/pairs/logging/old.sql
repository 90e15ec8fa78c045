CREATE TABLE logged (a serial, b int GENERATED ALWAYS AS IDENTITY);
CREATE UNLOGGED TABLE unlogged (a serial, b int GENERATED ALWAYS AS IDENTITY);
CREATE TABLE counted (a serial, b int GENERATED ALWAYS AS IDENTITY);
CREATE TABLE plain (a int GENERATED ALWAYS AS IDENTITY, t1 int GENERATED ALWAYS AS IDENTITY);
-- that are written anew for more than that
CREATE TABLE narrowed (a bigint NOT NULL, b bigint NOT NULL, c text);
