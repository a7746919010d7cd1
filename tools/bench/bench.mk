# SPDX-License-Identifier: MIT
# The programs that measure, and their targets; read by the Makefile.

BENCHES := hpack session wire proxy setup ops growth
BENCH_PROGS := $(BENCHES:%=$(BUILD)/bench/%)
BENCH_COMMON := $(wildcard tools/bench/bench_*.c)

# -D_GNU_SOURCE: the program's short name, ppoll.
$(BUILD)/obj/tools/bench/%: KIND_FLAGS = $(HOSTED_FLAGS) -D_GNU_SOURCE -Itools/bench

$(BENCH_PROGS): $(BUILD)/bench/%: $(BUILD)/obj/tools/bench/%.o $(call obj,$(BENCH_COMMON)) $(BUILD)/libh2conn.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $^ $(LDFLAGS) $(LIBS) -lnghttp2 -ljansson

# A faster wolfSSL, when there is one, for a second set of TLS rows.
FAST ?= $(if $(WOLFSSL),,$(wildcard build/wolfssl-host))
FAST_BUILD := $(if $(FAST),build/with-$(notdir $(abspath $(FAST))))
bench-fast:
	@$(if $(FAST),$(MAKE) --no-print-directory WOLFSSL=$(FAST) BUILD=$(FAST_BUILD) FAST= $(FAST_BUILD)/bench/wire)

RUN_BENCH = @BUILD=$(BUILD) VECTORS=$(VECTORS) tools/bench/bench.py $(if $(FAST),--fast $(FAST_BUILD)/bench) $(ROWS)

bench: all $(BENCH_PROGS) bench-fast ## each row of speed beside its peers, in under 5 minutes; ROWS="h2load tls" for some
	$(RUN_BENCH)

bench-quick: all $(BENCH_PROGS) bench-fast ## the same, shorter, in under a minute
	$(RUN_BENCH) --quick

bench-instructions: $(BUILD)/bench/ops ## instructions of each operation against tools/bench/instructions.txt; UPDATE=1 writes it
	@tools/bench/instructions.sh $(BUILD)/bench/ops $(if $(UPDATE),--update)

bench-growth: $(BUILD)/bench/growth ## cost of a message at 1 to 10,000 streams and 1 to 1,000 sessions
	@$(BUILD)/bench/growth

bench-size: ## bytes of the core and of libnghttp2.a in a client and server on this machine
	@tools/bench/size.sh $(BUILD)

bench-build: $(BENCH_PROGS)

.PHONY: bench bench-quick bench-fast bench-instructions bench-growth bench-size bench-build
