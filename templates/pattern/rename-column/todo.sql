t.{new}{compared} IS DISTINCT FROM t.{old}{compared}
