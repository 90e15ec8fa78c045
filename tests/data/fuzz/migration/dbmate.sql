-- migrate:up transaction:false
SELECT ';
-- migrate:down
';

-- migrate:down
-- nothing
