SELECT 1;
-- postkit:expect same
