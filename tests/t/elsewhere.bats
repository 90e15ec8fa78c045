#!/usr/bin/env bats
# What reaches other databases (foreign data, publications, subscriptions) and event triggers, through import,
# clone, plan and deploy: nothing of ours connects anywhere, and no secret is seen. The tests build on each other.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	sql postgres 'CREATE ROLE shop LOGIN; CREATE ROLE reader'
	sql postgres 'CREATE DATABASE shop'
	sql postgres 'CREATE DATABASE away'
	sql away 'CREATE TABLE price (id int, amount int); INSERT INTO price VALUES (1, 10)'
	sql shop <<-SQL
		CREATE EXTENSION postgres_fdw;
		CREATE FOREIGN DATA WRAPPER own HANDLER postgres_fdw_handler OPTIONS (note 'x');
		CREATE FOREIGN DATA WRAPPER bare;
		GRANT USAGE ON FOREIGN DATA WRAPPER bare TO reader;
		CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$PROD_SOCKET', port '$PROD_PORT', dbname 'away');
		CREATE SERVER own FOREIGN DATA WRAPPER own OPTIONS (host '$PROD_SOCKET', port '$PROD_PORT', dbname 'away');
		ALTER SERVER away OWNER TO shop;
		CREATE USER MAPPING FOR shop SERVER away OPTIONS (user 'postgres', password 'hush-hush', password_required 'false');
		CREATE USER MAPPING FOR PUBLIC SERVER own OPTIONS (user 'postgres', password 'hush-hush');
		GRANT CREATE ON SCHEMA public TO shop;
		SET ROLE shop;
		CREATE FOREIGN TABLE price (id int, amount int) SERVER away;
		CREATE TABLE item (id int NOT NULL, name text) PARTITION BY RANGE (id);
		CREATE TABLE item_here PARTITION OF item FOR VALUES FROM (0) TO (100);
		CREATE FOREIGN TABLE item_away PARTITION OF item FOR VALUES FROM (100) TO (200) SERVER away;
		INSERT INTO item SELECT i, i FROM generate_series(1, 50) i;
		CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM item_here;
		CREATE MATERIALIZED VIEW prices AS SELECT id FROM price WITH NO DATA;
		RESET ROLE;
		CREATE SCHEMA sold;
		CREATE TABLE sold.bill (id int PRIMARY KEY, total int);
		CREATE PUBLICATION all_of_it FOR ALL TABLES WITH (publish = 'insert');
		CREATE PUBLICATION schemas FOR TABLES IN SCHEMA sold;
		CREATE PUBLICATION few FOR TABLE sold.bill (id) WHERE (id > 0);
		ALTER TABLE sold.bill OWNER TO shop;
		CREATE SUBSCRIPTION orders CONNECTION 'host=$PROD_SOCKET port=$PROD_PORT dbname=away password=hush-hush'
			PUBLICATION orders WITH (connect = false, slot_name = 'orders');
		COMMENT ON SUBSCRIPTION orders IS 'from away';
		-- would tell if anything of ours, which a branch may replace, ran with a superuser's powers
		CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS \$\$ BEGIN
			IF current_database() LIKE 'pk%' AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
				RAISE EXCEPTION '% as superuser', tg_tag;
			END IF;
		END \$\$;
		CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watch();
		ALTER EVENT TRIGGER watch ENABLE ALWAYS;
	SQL
	new_repo app
}

setup() { cd "$T/app" || return 1; }

clone_sql() { psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -c "$1"; }

@test "options of a user mapping that the role may not see are told" {
	run git postkit fingerprint "postgresql://shop@/shop?host=$PROD_SOCKET&port=$PROD_PORT"
	has 'options of the user mapping FOR PUBLIC SERVER own that the role may not see'
	hasnt 'FOR shop SERVER away that'
	run git postkit fingerprint "$(pg_url shop)"
	hasnt 'may not see'
}

@test "import writes what there is, without secrets, and the files mean the same" {
	ok git postkit init
	ok git postkit remote add prod "$(pg_url shop)" --default
	ok git postkit import --yes
	hasnt 'not modelled'
	in_order 'and nothing else:' 'what event triggers there do as it is made: watch' 'one row in it'
	commit_all 'import'
	git push -q
	run grep -rnE 'hush' db
	[ -z "$output" ]
	grep -q 'HANDLER public.postgres_fdw_handler' db/schema/foreign_data/own.sql
	grep -q "password_required 'false'" db/schema/foreign_data/*shop*.sql
	grep -q 'ADD TABLE ONLY sold.bill (id) WHERE' db/schema/publications/few.sql
	grep -q "CONNECTION '' PUBLICATION orders WITH (connect = false, slot_name = NONE" db/schema/subscriptions/orders.sql
	equal "$(git postkit fingerprint db/schema)" "$(git postkit fingerprint prod)"
}

@test "a clone has all of it and reaches nobody" {
	git switch -q -c work
	ok git postkit start
	ok git postkit plan
	has 'nothing to change'
	equal "$(clone_sql 'SELECT count(*) FROM item_here')" 50
	run clone_sql 'SELECT * FROM price'
	[ "$status" -ne 0 ]
	has 'has no handler'
	run clone_sql "SELECT string_agg(umoptions::text, ' ') FROM pg_user_mappings"
	hasnt hush
	equal "$(clone_sql "SELECT subname, subenabled, subslotname IS NULL FROM pg_subscription s
		JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()")" 'orders|f|t'
	equal "$(clone_sql 'SELECT evtenabled FROM pg_event_trigger')" R # fires for nobody
}

@test "what changed is planned, and runs on clone and production" {
	sed -i 's/amount integer/amount bigint, note text/' db/schema/foreign_data/price.sql
	cat >db/schema/foreign_data/second.sql <<-'SQL'
		CREATE FOREIGN DATA WRAPPER second OPTIONS (a 'b');
		CREATE SERVER second FOREIGN DATA WRAPPER second;
		CREATE SERVER third FOREIGN DATA WRAPPER postgres_fdw;
		CREATE USER MAPPING FOR reader SERVER second;
		CREATE FOREIGN TABLE far (id int) SERVER second;
	SQL
	sed -i 's/(id) WHERE .*;/(id, total);/' db/schema/publications/few.sql
	sed -i "s/'insert'/'insert, update'/" db/schema/publications/all_of_it.sql
	sed -i 's/PUBLICATION orders/PUBLICATION orders, more/' db/schema/subscriptions/orders.sql
	echo 'CREATE EVENT TRIGGER gone ON sql_drop EXECUTE FUNCTION watch();' >db/schema/event_triggers/gone.sql
	echo "COMMENT ON EVENT TRIGGER gone IS 'tells';" >>db/schema/event_triggers/gone.sql
	echo 'CREATE PUBLICATION bills FOR TABLE sold.bill; CREATE PUBLICATION wide FOR TABLES IN SCHEMA sold, public;' \
		>db/schema/publications/more.sql
	echo 'CREATE MATERIALIZED VIEW more AS SELECT n + 1 AS n FROM counted;' >db/schema/materialized_views/more.sql
	echo 'CREATE MATERIALIZED VIEW far_more AS SELECT id FROM prices;' >db/schema/materialized_views/far_more.sql
	ok git postkit plan
	has 'WITH NO DATA' 'ADD COLUMN note' 'CREATE FOREIGN DATA WRAPPER second' 'ADD TABLES IN SCHEMA sold' 'CREATE EVENT TRIGGER gone'
	ok git postkit apply
	commit_all 'more from elsewhere'
	ok git postkit commit -m 'more from elsewhere'
	git push -q origin work
	ok git postkit deploy prod --yes
	in_order 'at present' 'event triggers fire for what is run there, which they did not on the copy: watch' 'deploying to'
	equal "$(git postkit fingerprint db/schema)" "$(git postkit fingerprint prod)"
}

@test "what an event trigger of production adds to a new table is no part of the migration, which is said" {
	cat >db/schema/event_triggers/opens.sql <<-'SQL'
		CREATE FUNCTION opens() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE t text; BEGIN
			FOR t IN SELECT object_identity FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' LOOP
				EXECUTE format('GRANT SELECT ON %s TO reader', t);
			END LOOP;
		END $$;
		CREATE EVENT TRIGGER "Opens" ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION opens();
	SQL
	ok git postkit plan
	ok git postkit apply
	ok git postkit commit -m opens
	ok git postkit deploy prod --yes
	mkdir -p db/schema/tables
	echo 'CREATE TABLE seen (id int);' >db/schema/tables/seen.sql
	ok git postkit plan
	ok git postkit apply
	ok git postkit commit -m seen
	fails 1 git postkit deploy prod --yes
	has 'differs: public/table/seen.sql' 'event triggers that fire there do not on copies ("Opens", gone, watch)'
	equal "$(sql shop "SELECT to_regclass('seen')")" ''
}

@test "a subscription that could connect is refused in schema files" {
	echo "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p;" >db/schema/subscriptions/s.sql
	fails 128 git postkit plan
	has 'has no place in a schema file' 'slot_name = NONE'
	printf "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE);\n%s\n" \
		"ALTER SUBSCRIPTION s SET (slot_name = 'x');" >db/schema/subscriptions/s.sql
	fails 128 git postkit plan
	has 's.sql:2'
	rm db/schema/subscriptions/s.sql
}

@test "databases of ours go with their subscriptions, and production keeps its own" {
	ok git postkit gc --all --yes
	hasnt 'cannot'
	equal "$(sql shop "SELECT subname, subslotname FROM pg_subscription")" 'orders|orders'
}
