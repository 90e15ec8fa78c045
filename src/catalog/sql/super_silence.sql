-- Event triggers run code of whoever made them as whoever is there: how to turn each off, and on again.
SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname),
       format('ALTER EVENT TRIGGER %I ENABLE%s', evtname,
              CASE evtenabled WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END)
FROM pg_event_trigger WHERE evtenabled <> 'D' ORDER BY evtname
