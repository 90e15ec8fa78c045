DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pair_publisher') THEN
	CREATE ROLE pair_publisher; END IF; END $$;
