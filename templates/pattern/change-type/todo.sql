t.{new}::text IS DISTINCT FROM t.{old}::{new_type}::text
