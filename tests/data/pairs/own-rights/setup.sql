DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pair_own') THEN CREATE ROLE pair_own LOGIN; END IF; END $$;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO pair_own', current_database()); END $$;
