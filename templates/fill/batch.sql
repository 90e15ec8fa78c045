UPDATE ONLY {table} AS t SET {column} = {value} WHERE t.ctid = ANY (ARRAY(
                    SELECT t.ctid FROM ONLY {table} AS t
                    WHERE t.ctid >= format('(%s,0)', postkit.first)::tid
                        AND t.ctid < format('(%s,0)', postkit.first + postkit.step)::tid AND {todo}
                    FOR NO KEY UPDATE SKIP LOCKED));
