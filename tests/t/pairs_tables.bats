#!/usr/bin/env bats
# Tables: columns, keys, checks, indexes, sequences, and rows that other things hold.

load ../lib/common
load ../lib/converge
load ../lib/pairs

setup_file() { pairs_begin; }

@test "columns and tables come and go" { both_ways columns-added; }
@test "columns change their type" { both_ways column-types; }
@test "several changes that write or read all rows of a table" { both_ways one-rewrite; }
@test "columns change default, NOT NULL, identity, generation, collation, storage, comment" { both_ways column-properties; }
@test "primary, unique and foreign keys" { both_ways keys; }
@test "two keys of the same columns" { both_ways doubled-keys; }
@test "columns whose types have no cast to each other" { both_ways column-casts; }
@test "columns in another order" { both_ways column-order; }
@test "aliases of columns that stand in other places" { both_ways column-places; }
@test "foreign keys that cross" { both_ways crossed-keys; }
@test "checks and exclusion constraints" { both_ways checks; }
@test "indexes of every sort" { both_ways indexes; }
@test "sequences and who owns them" { both_ways sequences; }
@test "tables and their sequences, logged and unlogged" { both_ways logging; }
@test "foreign keys between tables that become logged or unlogged" { both_ways logging-keys; }
@test "identities: in place of defaults, comments and privileges of their sequences" { both_ways identities; }
@test "a table changes before anything takes its row type" { both_ways row-types-new; }
@test "literals of composite values whose type changes" { both_ways row-literals; }
@test "values of rows name columns by their places" { both_ways row-places; }
@test "what computes columns of tables made anew is made anew too" { both_ways moved-defaults; }
@test "tables whose row types columns and expressions have" { both_ways row-types; }
@test "everything that hangs on a column whose type changes" { both_ways dependents; }
@test "defaults of tables made anew, of what goes with others" { both_ways defaults-away; }
@test "defaults that types give" { both_ways given-defaults; }
@test "foreign keys between columns that change their type" { both_ways key-types; }
@test "privileges where the owner changes" { both_ways column-owners; }
@test "hostile names" { both_ways names; }
@test "schemas with references across" { both_ways schemas; }
@test "what changes its name alone keeps everything else" { both_ways renamed; }
@test "what is made of a row type that changes is made anew by a cast" { both_ways row-types-cast; }
