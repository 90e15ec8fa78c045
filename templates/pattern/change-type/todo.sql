t.{new}{compared} IS DISTINCT FROM t.{old}::{new_type}{compared}
