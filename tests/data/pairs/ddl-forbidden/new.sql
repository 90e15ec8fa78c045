CREATE TABLE told (id bigint PRIMARY KEY, more text);
CREATE TABLE other (id int);
CREATE FUNCTION "for bids"() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no % here', tg_tag; END $$;
CREATE EVENT TRIGGER forbidden ON ddl_command_start EXECUTE FUNCTION "for bids"();
ALTER EVENT TRIGGER forbidden DISABLE;
CREATE EVENT TRIGGER forbids ON ddl_command_end EXECUTE FUNCTION "for bids"();
