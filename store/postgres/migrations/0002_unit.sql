-- The index by unit and value now ends in the key: see migrate.go, which makes
-- it.
DROP INDEX IF EXISTS rec_value;
