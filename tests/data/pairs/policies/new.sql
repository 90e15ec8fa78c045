CREATE TABLE t (id bigint, owner name);
CREATE TABLE u (id int);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
ALTER TABLE u ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON t USING (owner = session_user) WITH CHECK (owner = current_user);
CREATE POLICY ro ON t FOR SELECT TO pair_app, "pair we$ird ""role" USING (id > 0);
CREATE POLICY looks ON t FOR UPDATE USING (id IN (SELECT u.id FROM u));
COMMENT ON POLICY looks ON t IS 'over there';
