-- postkit:renamed-from old
CREATE TABLE t (
	-- postkit:renamed-from "A b"
	a int,
	b text, -- postkit:renamed-from c
	CONSTRAINT d CHECK (a > 0) -- postkit:renamed-from e
); -- postkit:renamed-from s.old
CREATE TYPE e AS ENUM ('x', -- postkit:renamed-from ''
	'y');
-- postkit:renamed-from q
ALTER TABLE t ADD COLUMN z int;
