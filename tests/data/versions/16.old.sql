-- What came with 16.
CREATE TABLE wide (a text STORAGE EXTERNAL, b text STORAGE DEFAULT);
CREATE COLLATION reversed (provider = icu, locale = 'und', rules = '&b < a');
CREATE TABLE tale (a text COLLATE reversed);
CREATE FUNCTION as_json(t text) RETURNS jsonb LANGUAGE sql STABLE RETURN JSON_OBJECT('t': t ABSENT ON NULL RETURNING jsonb);
CREATE TABLE checked (j text CHECK (j IS JSON OBJECT));
