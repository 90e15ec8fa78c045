#!/usr/bin/env bats
# All that is neither a table nor a type, and what needs itself.

load ../lib/common
load ../lib/converge
load ../lib/pairs

setup_file() { pairs_begin; }

@test "functions, procedures and aggregates, also where they have to be dropped first" { both_ways functions; }
@test "views on views on a column that changes" { both_ways views; }
@test "materialized views and their indexes" { both_ways matviews; }
@test "triggers" { both_ways triggers; }
@test "row security and policies" { both_ways policies; }
@test "privileges, owners and default privileges" { both_ways privileges; }
@test "what default privileges give and take when it is made" { both_ways default-privileges; }
@test "owners who may not use what is theirs" { both_ways own-rights; }
@test "comments" { both_ways comments; }
@test "extensions" { both_ways extensions; }
@test "what depends on itself in a circle" { both_ways circles; }
@test "changes in place that wait for each other" { both_ways changes-in-circles; }
@test "views and materialized views that need themselves, through functions, types and tables" { both_ways views-in-circles; }
@test "bodies of functions in circles with tables that use them" { both_ways bodies-in-circles; }
@test "routines with every attribute" { both_ways routines; }
@test "languages and transforms" { both_ways languages; }
@test "text search configurations, dictionaries, parsers and templates" { both_ways text-search; }
@test "foreign data: wrappers, servers, user mappings without secrets, tables" { both_ways foreign-data; }
@test "states of triggers and rules, also of partitions; views that call themselves" { both_ways trigger-states; }
@test "publications and what is in them" { both_ways publications; }
@test "event triggers" { both_ways event-triggers; }
@test "event triggers that forbid all else" { both_ways ddl-forbidden; }
@test "from nothing and back" { both_ways nothing; }
