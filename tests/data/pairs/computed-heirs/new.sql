CREATE TABLE whole (i int, b boolean);
CREATE TABLE heir (k int) INHERITS (whole);
CREATE TABLE parts (i int, b boolean) PARTITION BY LIST (i);
CREATE TABLE part PARTITION OF parts DEFAULT;
CREATE TABLE stays (k int, n bigint);
CREATE TABLE left_ (x int, n bigint GENERATED ALWAYS AS (x * 2) STORED);
CREATE TABLE child (c int) INHERITS (stays);
