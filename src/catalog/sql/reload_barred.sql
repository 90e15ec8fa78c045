-- What sees or shapes objects as they are made, so that making some of them once more is not what it was the first time.
SELECT 1 WHERE EXISTS (SELECT FROM pg_default_acl) OR EXISTS (SELECT FROM pg_event_trigger)
      OR NOT EXISTS (SELECT FROM pg_language WHERE lanname = 'plpgsql')
