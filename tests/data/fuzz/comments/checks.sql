-- postkit:expect added 2, removed 1: why
SELECT a FROM t;
-- postkit:expect empty
TABLE t; -- behind
-- postkit:expect may-change: reason
WITH x AS (SELECT 1) SELECT * FROM x;
VALUES (1)
