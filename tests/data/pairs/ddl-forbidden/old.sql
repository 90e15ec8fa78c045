CREATE TABLE told (id int PRIMARY KEY);
CREATE FUNCTION "for bids"() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'command % is disabled', tg_tag; END $$;
CREATE EVENT TRIGGER forbidden ON ddl_command_start EXECUTE FUNCTION "for bids"();
