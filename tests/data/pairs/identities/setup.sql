DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pair_two') THEN CREATE ROLE pair_two; END IF; END $$;
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pair_app') THEN CREATE ROLE pair_app; CREATE ROLE "pair we$ird ""role"; END IF; END $$;
