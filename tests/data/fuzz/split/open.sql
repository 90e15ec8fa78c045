SELECT 'it;
