
                    INSERT INTO {new_table} AS n ({keys}, {columns})
                    SELECT {t_keys}, {t_columns} FROM ONLY {q2} || part::text || {q2} AS t JOIN batch ON t.ctid = batch.ctid
                    ON CONFLICT ({keys}) DO UPDATE SET ({columns}) = ROW({excluded})
                    WHERE ({n_texts}) IS DISTINCT FROM ({excluded_texts})
