num_nonnulls({t_columns}) > 0 AND NOT EXISTS (
                            SELECT FROM {new_table} AS n
                            WHERE ({n_keys}) = ({t_keys}) AND ({n_texts}) IS NOT DISTINCT FROM ({t_texts}))
