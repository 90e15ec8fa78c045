DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pair_app') THEN CREATE ROLE pair_app; CREATE ROLE "pair we$ird ""role"; END IF; END $$;
