-- heirs' columns that are computed no more, together with their parents' or after they have left them
CREATE TABLE whole (i int, j int, b boolean GENERATED ALWAYS AS (j IS NULL) STORED);
CREATE TABLE heir (k int) INHERITS (whole);
CREATE TABLE parts (i int, j int, b boolean GENERATED ALWAYS AS (j IS NULL) STORED) PARTITION BY LIST (i);
CREATE TABLE part PARTITION OF parts DEFAULT;
CREATE TABLE stays (k int);
CREATE TABLE left_ (x int, n bigint GENERATED ALWAYS AS (x * 2) STORED);
CREATE TABLE child (c int) INHERITS (stays, left_);
