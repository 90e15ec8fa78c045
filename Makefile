# make, make test, make install PREFIX=/usr/local DESTDIR=, make help
#
# SANITIZE=address,undefined builds beside it, in build/asan. V=1 shows the commands.

SANITIZE ?=
BUILD ?= build$(if $(SANITIZE),/asan)
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
bindir ?= $(prefix)/bin
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man

CC ?= cc
AR ?= ar
INSTALL ?= install
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
LDFLAGS ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

# ---- flags ----

# libcrypto first: most of what is looked up while a program starts are its own names
PACKAGES = libcrypto libgit2 libcjson libssh2 libprotobuf-c
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) libpq 2>/dev/null) # libpq is loaded when it is used: src/pg/libpq.c
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
	-Wundef -Wwrite-strings
HARDEN_CFLAGS = -fstack-protector-strong -fstack-clash-protection -fPIE
HARDEN_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack
# The parser as a part of the program: as a library its loading is a tenth of what a hook with nothing to do takes.
# Beside a sanitizer it stays one: it has functions of the C library, which would stand before those that are watched.
STATIC_PARSER := $(if $(SANITIZE),,$(filter /%,$(shell $(CC) -print-file-name=libpg_query.a 2>/dev/null)))
WRAPPED = -Wl,--wrap=pg_query__parse_result__get_packed_size,--wrap=pg_query__parse_result__pack,-u,__wrap_pg_query__parse_result__pack # see src/sql/pack.c
PARSER := $(if $(STATIC_PARSER),$(STATIC_PARSER) $(WRAPPED),-lpg_query)
ifneq ($(SANITIZE),)
EXTRA_CFLAGS = -O1 -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
EXTRA_LDFLAGS = -fsanitize=$(SANITIZE)
else
EXTRA_CFLAGS = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
EXTRA_LDFLAGS =
endif

ALL_CPPFLAGS = -D_GNU_SOURCE -Isrc -I$(BUILD)/gen $(PACKAGE_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARNINGS) $(HARDEN_CFLAGS) $(EXTRA_CFLAGS)
ALL_LDFLAGS = $(HARDEN_LDFLAGS) -Wl,--as-needed $(EXTRA_LDFLAGS) $(LDFLAGS)
ALL_LIBS = $(PACKAGE_LIBS) $(PARSER) -lm $(LIBS)

# ---- files ----

SOURCES := $(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c))
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
SQL := $(sort $(wildcard src/catalog/sql/*.sql))
EMBEDDED := $(sort $(shell LC_ALL=C find hooks templates src/man -type f ! -name '.*' ! -name '*~' 2>/dev/null))

PROGRAM = $(BUILD)/git-postkit
ARCHIVE = $(BUILD)/libpostkit.a
OBJECTS = $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/embedded.o
LIBRARY_OBJECTS = $(filter-out $(BUILD)/obj/src/main.o,$(OBJECTS))
UNIT_TESTS = $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/%)
DRIVERS = $(BUILD)/tests/orders
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(filter-out tests/fuzz/main.c,$(sort $(wildcard tests/fuzz/*.c))))
GENERATED = $(BUILD)/gen/catalog_sql.h

# A change of the flags rebuilds all; a change of the list of files links again.
FLAGS := $(strip $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(ALL_LIBS))
FILES := $(strip $(SOURCES) $(SQL) $(EMBEDDED))
ifeq ($(filter clean deps help,$(MAKECMDGOALS)),)
$(if $(wildcard $(BUILD)/gen),,$(shell mkdir -p $(BUILD)/gen))
ifneq ($(strip $(file <$(BUILD)/flags)),$(FLAGS))
$(file >$(BUILD)/flags,$(FLAGS))
endif
ifneq ($(strip $(file <$(BUILD)/files)),$(FILES))
$(file >$(BUILD)/files,$(FILES))
endif
endif

ifeq ($(V),1)
Q =
say =
else
Q = @
say = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-6s %s\n' '$(1)' '$(2)')
endif

# ---- building ----

need_libraries = $(if $(PACKAGE_LIBS),,$(error libraries are missing ($(PACKAGES)): run 'make deps'))

.DELETE_ON_ERROR:

.PHONY: all
all: $(PROGRAM)

$(PROGRAM): $(BUILD)/obj/src/main.o $(ARCHIVE) $(BUILD)/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@.new $(BUILD)/obj/src/main.o $(ARCHIVE) $(ALL_LIBS)
	$(Q)mv -f $@.new $@ # at no time is there none, or half of one

$(ARCHIVE): $(LIBRARY_OBJECTS) $(BUILD)/files
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) qcs $@ $(LIBRARY_OBJECTS)

$(BUILD)/obj/src/%.o: src/%.c $(BUILD)/flags | $(GENERATED)
	$(need_libraries)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/gen/catalog_sql.h: $(SQL) src/embed.awk $(BUILD)/files
	$(call say,EMBED,$@)
	$(Q)LC_ALL=C awk -f src/embed.awk -v mode=header $(SQL) >$@.tmp && mv $@.tmp $@

$(BUILD)/gen/embedded.c: $(EMBEDDED) src/embed.awk $(BUILD)/files
	$(call say,EMBED,$@)
	$(Q)LC_ALL=C awk -f src/embed.awk -v mode=table $(EMBEDDED) >$@.tmp && mv $@.tmp $@

.PHONY: unit
unit: $(UNIT_TESTS) $(DRIVERS) $(FUZZERS)

define link_test
	$(call say,TEST,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MF $@.d -MT $@ $(ALL_LDFLAGS) \
		-o $@ $< $(ARCHIVE) $(ALL_LIBS)
endef

$(BUILD)/tests/%: tests/unit/%.c $(ARCHIVE) $(BUILD)/flags
	$(link_test) -lcmocka

$(DRIVERS): $(BUILD)/tests/%: tests/lib/%.c $(ARCHIVE) $(BUILD)/flags
	$(link_test)

# What calls the harnesses: seeds and what is made of them, or libFuzzer (FUZZ=1).
FUZZ_MAIN = $(if $(FUZZ),-fsanitize=fuzzer,$(BUILD)/obj/tests/fuzz/main.o)

$(BUILD)/obj/tests/fuzz/%.o: tests/fuzz/%.c $(BUILD)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(FUZZERS): $(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(ARCHIVE) $(if $(FUZZ),,$(BUILD)/obj/tests/fuzz/main.o)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(FUZZ_MAIN) $(ARCHIVE) $(ALL_LIBS)

-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(DRIVERS:=.d) $(wildcard $(BUILD)/obj/tests/fuzz/*.d)

# ---- testing ----

# Packages that are missing; what they are is said first.
.PHONY: deps
deps:
	@sh src/deps.sh build test

# TESTS='tests/t/plan.bats build/tests/test_base_buf' runs less; TESTS=plan that file and all unit tests.
.PHONY: test
test:
	@sh src/deps.sh build test
	@$(MAKE) --no-print-directory -s -j$(JOBS) all unit
	@JOBS=$(JOBS) tests/lib/run $(BUILD) $(TESTS)

.PHONY: check-asan
check-asan:
	@sh src/deps.sh build test
	@$(MAKE) --no-print-directory -s -j$(JOBS) SANITIZE=address,undefined BUILD=build/asan all unit
	@JOBS=$(JOBS) tests/lib/run build/asan $(TESTS)

# Everything that can go wrong, at every point: hours. SAMPLE=5 takes less, POINT='deploy:kill@17' one; see the file.
.PHONY: torture
torture: all
	@tests/fault/torture $(BUILD)

# What reads texts of others, under libFuzzer and sanitizers, for so many seconds each: SECONDS=60 ONLY=split. What it
# learns stays in build/fuzz/corpus; what is found there and mended becomes a seed in tests/data/fuzz.
SECONDS ?= 60
.PHONY: fuzz
fuzz:
	@sh src/deps.sh build test fuzz
	@$(MAKE) --no-print-directory -s -j$(JOBS) CC=clang FUZZ=1 CFLAGS='-g -fsanitize=fuzzer-no-link' SANITIZE=address,undefined \
		BUILD=build/fuzz fuzzers
	@tests/fuzz/run build/fuzz $(SECONDS) $(ONLY)

.PHONY: fuzzers
fuzzers: $(FUZZERS)

.PHONY: bench
bench: all
	tests/bench/run $(BUILD)

# The share of pairs of schemas that converge, in both directions. OPTIONS='--data --copies' asks more,
# OPTIONS='--random 100' takes other pairs; FILTER=TEXT takes fewer. A folder of labelled migrations
# (<topic>/<case>.{sql,json}) goes to lint; OPTIONS=--static without a database, --all tells more. So does one of
# migrations that run in the order of their names (up/*.sql): what lint says against what the server did.
.PHONY: corpus
corpus: all
	@$(if $(CORPUS),:,echo "usage: make corpus CORPUS=<folder of pairs or labelled migrations>" >&2; exit 129)
	tests/lib/$(if $(wildcard $(CORPUS)/*/*.json $(CORPUS)/up/*.sql),lintcorpus,corpus) $(OPTIONS) $(BUILD) $(CORPUS) $(FILTER)

# Random pairs: the same SEED makes the same ones.
PAIRS ?= 1000
SEED ?= 1
.PHONY: random
random: all
	tests/lib/random $(BUILD) $(PAIRS) $(SEED)

SHELL_FILES = git-postkit .ci/run src/deps.sh tests/fuzz/run $(wildcard hooks/*) $(filter-out %.c,$(shell grep -L "^\#!.*python" tests/lib/*)) $(wildcard tests/bench/run tests/bench/hammer tests/fault/torture \
	completion/*.bash)
BATS_FILES = $(wildcard tests/t/*.bats)
MAN_FILES = $(wildcard src/man/*.1 src/man/*.5)

.PHONY: lint
lint:
	@sh src/deps.sh build test lint
	@$(MAKE) --no-print-directory -k -j$(JOBS) tidy
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --std=c11 -D_GNU_SOURCE -D__GNUC__ -Isrc -j$(JOBS) \
		'-DcJSON_ArrayForEach(e,a)=while((e=next_of(a)))' \
		$(addprefix --suppress=,$(CPPCHECK_SUPPRESS)) src
	shellcheck -x -P tests/lib $(SHELL_FILES)
	$(if $(BATS_FILES),shellcheck -x -P tests/lib -s bats $(BATS_FILES))
	$(if $(MAN_FILES),mandoc -Tlint -W warning $(MAN_FILES))

# Only what has changed, since clang-tidy takes its time: an object or test that was built again.
.PHONY: tidy
tidy: $(SOURCES:%.c=$(BUILD)/lint/%.ok) $(UNIT_SOURCES:%.c=$(BUILD)/lint/%.ok)

define clang_tidy
	$(call say,TIDY,$(1))
	$(Q)mkdir -p $(@D) && { clang-tidy -quiet $(1) -- $(ALL_CPPFLAGS) -std=gnu11 >$@.log 2>&1 || \
		{ cat $@.log; exit 1; }; } && touch $@
endef

$(BUILD)/lint/src/%.ok: $(BUILD)/obj/src/%.o .clang-tidy
	$(call clang_tidy,src/$*.c)

$(BUILD)/lint/tests/unit/%.ok: $(BUILD)/tests/% .clang-tidy
	$(call clang_tidy,tests/unit/$*.c)

# Across files it goes by what could be, whatever was asked before; with several jobs it does not look so far at all.
CPPCHECK_SUPPRESS = nullPointerArithmetic ctunullpointer ctuuninitvar

.PHONY: format
format:
	clang-format -i $(wildcard src/*.[ch] src/*/*.[ch] tests/unit/*.[ch])

# ---- installing ----

BASH_COMPLETION = $(firstword $(wildcard completion/*.bash completion/bash))
ZSH_COMPLETION = $(firstword $(wildcard completion/_git-postkit completion/*.zsh completion/zsh))
FISH_COMPLETION = $(firstword $(wildcard completion/*.fish completion/fish))

.PHONY: install
install: all
	$(INSTALL) -d '$(DESTDIR)$(bindir)'
	$(INSTALL) -m 755 $(PROGRAM) '$(DESTDIR)$(bindir)/git-postkit'
	$(foreach page,$(MAN_FILES),$(INSTALL) -D -m 644 $(page) \
		'$(DESTDIR)$(mandir)/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page))' &&) :
	$(if $(BASH_COMPLETION),$(INSTALL) -D -m 644 $(BASH_COMPLETION) \
		'$(DESTDIR)$(datadir)/bash-completion/completions/git-postkit')
	$(if $(ZSH_COMPLETION),$(INSTALL) -D -m 644 $(ZSH_COMPLETION) \
		'$(DESTDIR)$(datadir)/zsh/site-functions/_git-postkit')
	$(if $(FISH_COMPLETION),$(INSTALL) -D -m 644 $(FISH_COMPLETION) \
		'$(DESTDIR)$(datadir)/fish/vendor_completions.d/git-postkit.fish')

.PHONY: uninstall
uninstall:
	rm -f '$(DESTDIR)$(bindir)/git-postkit' \
		$(foreach page,$(MAN_FILES),'$(DESTDIR)$(mandir)/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page))') \
		'$(DESTDIR)$(datadir)/bash-completion/completions/git-postkit' \
		'$(DESTDIR)$(datadir)/zsh/site-functions/_git-postkit' \
		'$(DESTDIR)$(datadir)/fish/vendor_completions.d/git-postkit.fish'

.PHONY: clean
clean:
	rm -rf build $(filter-out build/asan,$(BUILD))

.PHONY: help
help:
	@echo 'all (the default)   build/git-postkit'
	@echo 'test                packages, build, unit tests, end-to-end tests; TESTS=FILE... for less'
	@echo 'check-asan          the same under AddressSanitizer and UBSan'
	@echo 'lint, format        clang-tidy, cppcheck, shellcheck, mandoc; clang-format'
	@echo 'torture             kills, cuts off and fills up each command at each point; SAMPLE=N AREAS= FAULTS= POINT='
	@echo 'fuzz                libFuzzer on what reads texts of others; SECONDS=60 ONLY=NAME'
	@echo 'bench               times, as ratios, and deploys under load; ONLY=copies, files, tunnel, deploys, hammer, pushes, lint'
	@echo 'corpus CORPUS=DIR   pairs of schemas: the share that converges; VERSION=18 on that major version'
	@echo '                    labelled migrations: what lint names, and its false alarms'
	@echo '                    up/*.sql, in order: the same, by what the server did'
	@echo 'random PAIRS= SEED=  pairs of random schemas, judged in both directions; FIRST=N KEEP=DIR DUMPS=N'
	@echo 'install, uninstall  PREFIX=/usr/local DESTDIR='
	@echo 'deps                Debian packages that are missing'
	@echo 'clean'
