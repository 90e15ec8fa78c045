-- The access methods' own judgement of the families that this transaction touched, as messages.
SELECT amvalidate(c.oid) FROM pg_opclass c
WHERE c.opcfamily IN (SELECT a.amopfamily FROM pg_amop a WHERE a.xmin = pg_current_xact_id()::xid
                      UNION SELECT a.amprocfamily FROM pg_amproc a WHERE a.xmin = pg_current_xact_id()::xid
                      UNION SELECT n.opcfamily FROM pg_opclass n WHERE n.xmin = pg_current_xact_id()::xid)
