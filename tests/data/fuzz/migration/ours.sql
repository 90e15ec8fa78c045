-- postkit: from a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 to b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2 (pg15)
-- postkit:irreversible: no way back
-- migrate:up
CREATE TABLE a (b int);
-- migrate:down
DROP TABLE a;
