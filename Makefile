# SPDX-License-Identifier: MIT
# h2conn: full-duplex connections over HTTP/2. `make help` lists the targets.

BUILD   ?= build
VECTORS ?= ../shared/vectors
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local

WARN   := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror
INC    := -Ihpack -Ih2 -Iconn -Itls
# Without the flag for it clang makes memcmp into bcmp, which the core must not need.
CORE_FLAGS   := -std=c11 $(WARN) $(INC) -ffunction-sections -fdata-sections -fno-builtin-bcmp
HOSTED_FLAGS := $(CORE_FLAGS) -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -pthread
LIBS   := -lwolfssl -pthread
SAN    ?=
# V=1 shows whole commands.
Q      := $(if $(V),,@)
SAY    := $(if $(V),:,echo)

# The core is everything that needs no operating system and no library.
CORE   := $(wildcard hpack/*.c h2/*.c conn/conn_*.c)
HOSTED := $(wildcard conn/posix_*.c tls/*.c)
TOOLS  := h2cat h2bench h2dump
TOOL_COMMON := $(wildcard tools/common/*.c)
# Examples that need a library beyond the project's own are left out where it is missing; `make examples` says which.
# usage: $(call needs,NAME-PATTERN,HEADER): the pattern when the compiler does not find the header
needs    = $(if $(shell echo '\#include <$(2)>' | $(CC) -E -x c - >/dev/null 2>&1 || echo missing),$(1))
LACKING := $(call needs,json_%,jansson.h) $(call needs,cbor_%,cbor.h) $(call needs,grpc_%,pb_encode.h)
EXAMPLE_NAMES := $(patsubst tools/examples/%.c,%,$(wildcard tools/examples/*.c))
EXAMPLES := $(patsubst %,$(BUILD)/examples/%,$(filter-out $(LACKING),$(EXAMPLE_NAMES)))
LAYERS := hpack h2 conn tls e2e fault dump
DUMP   := $(wildcard tools/h2dump/*.c) tools/common/tool_frame.c
SUPPORT := $(wildcard tests/support/*.c)

obj     = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
PROGS  := $(TOOLS:%=$(BUILD)/bin/%)
SUITES := $(LAYERS:%=$(BUILD)/tests/test_%)

all: $(BUILD)/libh2conn-core.a $(BUILD)/libh2conn.a $(PROGS) examples ## the libraries, tools and examples, in build/

examples: $(EXAMPLES) ## the examples, in build/examples
	@$(if $(strip $(LACKING)),echo "left out as a library is missing (tools/setup.sh installs it): $(filter $(LACKING),$(EXAMPLE_NAMES))")

$(BUILD)/libh2conn-core.a: $(call obj,$(CORE)) tools/lint/core-symbols.sh
	@rm -f $@ && ar rcs $@ $(filter %.o,$^)
	@tools/lint/core-symbols.sh $@ || { rm -f $@; exit 1; }

$(BUILD)/libh2conn.a: $(call obj,$(CORE) $(HOSTED))
	@rm -f $@ && ar rcs $@ $^

$(call obj,$(CORE)): KIND_FLAGS = $(CORE_FLAGS)
$(call obj,$(HOSTED)): KIND_FLAGS = $(HOSTED_FLAGS)
$(BUILD)/obj/tools/%: KIND_FLAGS = $(HOSTED_FLAGS) -Itools/common -Itools/h2cat -Itools/h2dump
$(BUILD)/obj/tests/%: KIND_FLAGS = $(HOSTED_FLAGS) -Itests/support -Itools/common -Itools/h2dump -DVECTORS='"$(VECTORS)"'

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@$(SAY) "CC  $<"
	$(Q)$(CC) $(KIND_FLAGS) $(CFLAGS) $(SAN) -MMD -MP -c -o $@ $<

.SECONDEXPANSION:
$(PROGS): $(BUILD)/bin/%: $$(call obj,tools/%.c $$(wildcard tools/%/*.c)) $(call obj,$(TOOL_COMMON)) $(BUILD)/libh2conn.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $^ $(LDFLAGS) $(LIBS)

$(BUILD)/examples/json_%: EXAMPLE_LIBS = -ljansson
$(BUILD)/examples/cbor_%: EXAMPLE_LIBS = -lcbor
$(BUILD)/examples/grpc_%: EXAMPLE_LIBS = -lprotobuf-nanopb
$(EXAMPLES): $(BUILD)/examples/%: $(BUILD)/obj/tools/examples/%.o $(BUILD)/libh2conn.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $^ $(LDFLAGS) $(EXAMPLE_LIBS) $(LIBS)

$(BUILD)/tests/test_fault: LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
$(BUILD)/tests/test_dump: $(call obj,$(DUMP))
$(SUITES): $(BUILD)/tests/test_%: $$(call obj,$$(wildcard tests/%/*.c)) $(call obj,$(SUPPORT)) $(BUILD)/libh2conn.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDFLAGS) $(LIBS) $$(pkg-config --libs check jansson libnghttp2)

check: all $(SUITES) lint ## every test suite, then interoperation with the peers that are installed
	@BUILD=$(BUILD) tests/run.sh $(SUITES) $(wildcard tests/interop/*.sh tests/install/*.sh)

check-asan: ## the same suites under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) BUILD=$(BUILD)/asan SAN="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" CFLAGS="-O1 -g" check

check-tsan: ## the threaded suites under ThreadSanitizer
	@$(MAKE) BUILD=$(BUILD)/tsan SAN=-fsanitize=thread CFLAGS="-O1 -g" LAYERS="conn tls e2e fault" check

FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60
$(BUILD)/fuzz/fuzz_dump: $(DUMP) $(wildcard tools/h2dump/*.h)
$(BUILD)/fuzz/fuzz_dump: FUZZ_FLAGS = -D_POSIX_C_SOURCE=200809L -Itools/common -Itools/h2dump
$(BUILD)/fuzz/%: tests/fuzz/%.c tests/support/invariants.c $(CORE) $(wildcard hpack/*.h h2/*.h)
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)clang -std=c11 $(WARN) $(INC) -Itests/support $(FUZZ_FLAGS) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $(filter %.c,$^)

fuzz: $(FUZZERS) ## each fuzz target for FUZZ_SECONDS (60); needs clang with libFuzzer
	@for f in $^; do mkdir -p $$f.corpus && $$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/ $$f.corpus || exit 1; done

lint: ## include arrows, file and function lengths, generated tables up to date
	@tools/lint/arrows.sh && tools/lint/lengths.sh && tools/generate/check.sh

demo: all ## a TLS server and client on loopback, both directions at once
	@BUILD=$(BUILD) tools/demo.sh

include tools/install/install.mk

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: all examples check check-asan check-tsan fuzz lint demo clean help
.SECONDARY:

-include $(shell find $(BUILD)/obj $(BUILD)/pic -name '*.d' 2>/dev/null)
