#!/usr/bin/env bats
# Types of every sort, and what is of them.

load ../lib/common
load ../lib/converge
load ../lib/pairs

setup_file() { pairs_begin; }

@test "values are added to an enum" { both_ways enum-append; }
@test "values are taken from an enum that is in use" { both_ways enum-rebuilt; }
@test "composite types, domains and ranges" { both_ways types; }
@test "typed tables, and values of composite types that are replaced" { both_ways typed-tables; }
@test "tables that become typed ones have the columns of the type, in its order" { both_ways typed-order; }
@test "types and relations give way to others while columns have them" { both_ways types-swapped; }
@test "domains over composite types and arrays" { both_ways domains-of-composites; }
@test "types of types that are replaced" { both_ways nested-types; }
@test "operators, their commutators and negators" { both_ways operators; }
@test "operator classes and families, access methods" { both_ways operator-classes; }
@test "casts and conversions" { both_ways casts; }
@test "base types and shells" { both_ways base-types; }
@test "domains whose checks and defaults need what has such values" { both_ways domains-in-circles; }
@test "enums that everything uses lose values and change their order" { both_ways enums-in-use; }
@test "domains that types, functions and columns use" { both_ways domains-in-use; }
@test "collations in use by everything" { both_ways collations-in-use; }
@test "ranges that types, functions and columns use" { both_ways ranges-in-use; }
@test "ranges whose constructors have kept an old name" { both_ways ranges-renamed; }
@test "base types that types, functions and columns use" { both_ways base-types-in-use; }
@test "aggregates: moving, ordered-set, hypothetical, of internal state" { both_ways aggregates; }
@test "one name that changes its kind" { both_ways kinds-swapped; }
@test "shells and multiranges take names that others give free" { both_ways names-given; }
@test "one name that changes its kind, with all that uses it" { both_ways kinds-swapped-in-use; }
