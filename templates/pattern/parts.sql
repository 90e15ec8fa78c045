SELECT {table_text}::regclass UNION SELECT relid FROM pg_partition_tree({table_text}) WHERE isleaf
