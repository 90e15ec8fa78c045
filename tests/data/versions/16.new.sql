CREATE TABLE wide (a text, b text STORAGE MAIN);
CREATE COLLATION reversed (provider = icu, locale = 'und', rules = '&c < a');
CREATE TABLE tale (a text COLLATE reversed);
CREATE FUNCTION as_json(t text) RETURNS jsonb LANGUAGE sql STABLE RETURN JSON_ARRAY(t, 1 NULL ON NULL RETURNING jsonb);
CREATE TABLE checked (j text CHECK (j IS JSON WITH UNIQUE KEYS));
