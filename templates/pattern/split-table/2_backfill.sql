-- {columns} of {table} move to {new_table}, backfill: the rows of before, some blocks at a time, each time committed.
{batches_comment}
-- postkit:stage: backfill
-- migrate:up transaction:false
-- postkit:allow not-analysed: what it executes stands in it, but for the table's or partition's name
{batches}
-- migrate:down
-- the rows may stay
