DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pair_remote') THEN
	CREATE ROLE pair_remote; CREATE ROLE "pair ""mote's"; END IF; END $$;
