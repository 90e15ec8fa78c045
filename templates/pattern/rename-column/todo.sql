t.{new}::text IS DISTINCT FROM t.{old}::text
