-- postkit:allow drop-column, drop-table: nobody uses it
ALTER TABLE t DROP COLUMN a; DROP TABLE u; -- postkit:allow drop-table: gone
/* postkit:allow-file not-null: x */ ALTER TABLE t ALTER a SET NOT NULL; /* postkit:allow nothing: y */
-- postkit:allow
CREATE INDEX i ON t (a);
