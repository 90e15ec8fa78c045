#!/usr/bin/env bats
# Partitions, heirs and their parents.

load ../lib/common
load ../lib/converge
load ../lib/pairs

setup_file() { pairs_begin; }

@test "several keys of the same columns, of which partitions have shares" { both_ways partition-key-twins; }
@test "a column may be null where heirs keep theirs NOT NULL" { both_ways not-null-of-heirs; }
@test "heirs that leave, and columns they had whose type changes" { both_ways heirs-leave; }
@test "partitions attached, detached, moved and made" { both_ways partitions; }
@test "partitions in the place of others that go late, and whose rows foreign keys refer to while their bounds change" { both_ways partition-bounds; }
@test "tables that are made anew keep their rows" { both_ways moved; }
@test "partitions become one table, but for one that stays by itself; their defaults" { both_ways moved-partitions; }
@test "names, options and comments of what partitions share, while a column changes its type" { both_ways partition-shares; }
@test "indexes and keys that some partitions have no share of" { both_ways partition-wholes; }
@test "indexes of the same columns, of which partitions have shares" { both_ways partition-doubles; }
@test "keys of the same columns, of which partitions have shares" { both_ways partition-key-doubles; }
@test "keys of partitions that are shares of an index" { both_ways partition-key-shares; }
@test "functions and operator classes by which tables are divided are made anew" { both_ways partition-key-makers; }
@test "foreign keys of partitions that come and go" { both_ways partition-keys; }
@test "foreign keys of partitions to their wholes, whose keys they have twice" { both_ways partitions-refer; }
@test "inheritance" { both_ways inheritance; }
@test "heirs that go while a type that they have too goes" { both_ways heirs-go; }
@test "types of columns of heirs that parents lose or gain" { both_ways heirs-alone; }
@test "heirs that keep some of several parents" { both_ways several-parents; }
@test "types of columns that heirs have from several parents" { both_ways parents-types; }
@test "heirs and partitions of which a type, a parent or a key changes" { both_ways heirs; }
@test "checks of one name move between tables and their heirs" { both_ways heir-checks; }
@test "checks that partitions of partitions have of the whole" { both_ways partition-checks; }
@test "columns of heirs that are computed no more" { both_ways computed-heirs; }
@test "heirs that join parents have their checks in the same form" { both_ways checks-of-heirs; }
@test "parents and views in whose place others come" { both_ways parents-replaced; }
@test "a table that leaves its parent stays what it is" { both_ways heir-keeps; }
@test "a foreign key of a partitioned table to itself, over a key with a column of a type that goes" { both_ways partitions-refer-home; }
