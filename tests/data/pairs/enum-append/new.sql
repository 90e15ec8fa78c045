CREATE TYPE mood AS ENUM ('awful', 'sad', 'so so', 'happy', 'it''s great');
CREATE TABLE t (m mood DEFAULT 'sad');
COMMENT ON TYPE mood IS 'how it goes';
