
                    UPDATE ONLY {q2} || part::text || {q2} AS t SET {new} = t.{old} FROM batch WHERE t.ctid = batch.ctid
