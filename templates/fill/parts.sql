SELECT {table_text}::regclass
