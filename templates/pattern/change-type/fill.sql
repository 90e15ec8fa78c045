
                    UPDATE ONLY {q2} || part::text || {q2} AS t SET {new} = t.{old}::{new_type} FROM batch WHERE t.ctid = batch.ctid
