EXECUTE {q2}WITH batch AS (
                        SELECT t.ctid FROM ONLY {q2} || part::text || {q2} AS t
                        WHERE t.ctid >= format('(%s,0)', $1)::tid AND t.ctid < format('(%s,0)', $2)::tid AND {todo}
                        FOR NO KEY UPDATE SKIP LOCKED){fill}{q2}
                    USING first, first + step;
