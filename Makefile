# SPDX-License-Identifier: MIT
# h2conn: full-duplex connections over HTTP/2. `make help` lists the targets.

# WOLFSSL=DIR: a wolfSSL of tools/build-wolfssl.sh in place of the system's; what it goes into has a folder of its own.
WOLFSSL ?=
BUILD   ?= $(if $(WOLFSSL),build/with-$(notdir $(abspath $(WOLFSSL))),build)
# A folder within this one has one name, however it was given: a file of dependencies knows an object by that.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
VECTORS ?= ../shared/vectors
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local

WARN   := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror
INC    := -Ihpack -Ih2 -Iconn -Itls $(if $(WOLFSSL),-isystem $(WOLFSSL)/include)
# Without the flag for it clang makes memcmp into bcmp, which the core must not need.
CORE_FLAGS   := -std=c11 $(WARN) $(INC) -ffunction-sections -fdata-sections -fno-builtin-bcmp
HOSTED_FLAGS := $(CORE_FLAGS) -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -pthread
LIBS   := $(if $(WOLFSSL),$(WOLFSSL)/lib/libwolfssl.a -lm,-lwolfssl) -pthread
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
needs    = $(shell $(CC) -E -include $(2) -x c /dev/null >/dev/null 2>&1 || echo '$(1)')
LACKING := $(call needs,own_libevent,event2/event.h) $(call needs,json_%,jansson.h) $(call needs,cbor_%,cbor.h) $(call needs,grpc_%,pb_encode.h)
LACKING_CHAT := $(call needs,chat,jansson.h) $(call needs,chat,ncurses.h)
CHAT     := $(if $(strip $(LACKING_CHAT)),,$(BUILD)/chat/chat_server $(BUILD)/chat/chat_client)
EXAMPLE_NAMES := $(patsubst tools/examples/%.c,%,$(wildcard tools/examples/*.c))
EXAMPLES := $(patsubst %,$(BUILD)/examples/%,$(filter-out $(LACKING),$(EXAMPLE_NAMES)))
LAYERS := hpack h2 conn tls e2e fault dump
DUMP   := $(wildcard tools/h2dump/*.c) tools/common/tool_frame.c
SUPPORT := $(wildcard tests/support/*.c)

obj     = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
PROGS  := $(TOOLS:%=$(BUILD)/bin/%)
SUITES := $(LAYERS:%=$(BUILD)/tests/test_%)
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
# The small profile has no use for some of them.
SMALL_TARGETS := $(filter-out frame dump differential,$(FUZZ_TARGETS))
REPLAYS := $(FUZZ_TARGETS:%=$(BUILD)/tests/replay_%)
SMALL_REPLAYS := $(SMALL_TARGETS:%=$(BUILD)/tests/replay_%)

all: $(BUILD)/libh2conn-core.a $(BUILD)/libh2conn.a $(PROGS) examples ## the libraries, tools and examples, in build/

examples: $(EXAMPLES) $(CHAT) ## the examples, in build/examples and build/chat
	@$(if $(strip $(LACKING) $(LACKING_CHAT)),echo "left out as a library is missing (tools/setup.sh installs it): $(sort $(filter $(LACKING),$(EXAMPLE_NAMES)) $(LACKING_CHAT))")

$(BUILD)/libh2conn-core.a: $(call obj,$(CORE)) tools/lint/core-symbols.sh
	@rm -f $@ && ar rcs $@ $(filter %.o,$^)
	@tools/lint/core-symbols.sh $@ || { rm -f $@; exit 1; }

$(BUILD)/libh2conn.a: $(call obj,$(CORE) $(HOSTED))
	@rm -f $@ && ar rcs $@ $^

# No function of the core takes more stack than this, nor an amount that depends on its input.
STACK_FLAGS := $(if $(SAN)$(findstring clang,$(shell $(CC) --version)),,-Wstack-usage=512)
$(call obj,$(CORE)): KIND_FLAGS = $(CORE_FLAGS) $(STACK_FLAGS)
$(call obj,$(HOSTED)): KIND_FLAGS = $(HOSTED_FLAGS)
$(BUILD)/obj/tools/%: KIND_FLAGS = $(HOSTED_FLAGS) -Itools/common -Itools/h2cat -Itools/h2bench -Itools/h2dump
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

$(BUILD)/examples/own_libevent: EXAMPLE_LIBS = -levent_core
$(BUILD)/examples/json_%: EXAMPLE_LIBS = -ljansson
$(BUILD)/examples/cbor_%: EXAMPLE_LIBS = -lcbor
$(BUILD)/examples/grpc_%: EXAMPLE_LIBS = -lprotobuf-nanopb
$(EXAMPLES): $(BUILD)/examples/%: $(BUILD)/obj/tools/examples/%.o $(BUILD)/libh2conn.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $^ $(LDFLAGS) $(EXAMPLE_LIBS) $(LIBS)

# The page is within the server.
$(BUILD)/chat/chat_page.h: tools/chat/chat_page.html
	@mkdir -p $(@D)
	@{ echo 'static const char chat_page[] = {'; od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; echo '};'; } >$@

CHAT_SHARED := tools/chat/chat_text.c tools/common/tool_exit.c tools/common/tool_parse.c tools/common/tool_tls.c
$(call obj,$(wildcard tools/chat/*.c)): $(BUILD)/chat/chat_page.h
$(BUILD)/obj/tools/chat/%: KIND_FLAGS += -Itools/chat -I$(BUILD)/chat
$(BUILD)/chat/chat_server: $(call obj,$(addprefix tools/chat/chat_,server.c room.c wire.c) tools/common/tool_serve.c $(CHAT_SHARED)) $(BUILD)/libh2conn.a
$(BUILD)/chat/chat_client: $(call obj,$(addprefix tools/chat/chat_,client.c screen.c edit.c) $(CHAT_SHARED)) $(BUILD)/libh2conn.a
$(BUILD)/chat/chat_client: EXAMPLE_LIBS = -lncursesw -ltinfo
$(CHAT):
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $^ $(LDFLAGS) -ljansson $(EXAMPLE_LIBS) $(LIBS)

$(BUILD)/tests/test_fault: LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
$(BUILD)/tests/test_conn: LDFLAGS += -Wl,--wrap=getaddrinfo,--wrap=connect,--wrap=epoll_wait,--wrap=posix_now_us,--wrap=sem_timedwait
$(BUILD)/tests/test_tls: LDFLAGS += -Wl,--wrap=h2tls_seconds
$(BUILD)/tests/test_dump: $(call obj,$(DUMP))
$(SUITES): $(BUILD)/tests/test_%: $$(call obj,$$(wildcard tests/%/*.c)) $(call obj,$(SUPPORT)) $(BUILD)/libh2conn.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDFLAGS) $(LIBS) $$(pkg-config --libs check jansson libnghttp2)

ATTACKS := $(BUILD)/tests/attack
ATTACK_SECONDS ?= 2
$(BUILD)/obj/tests/attacks/%: KIND_FLAGS += -D_GNU_SOURCE
$(ATTACKS): $(call obj,$(wildcard tests/attacks/*.c)) $(BUILD)/libh2conn.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $^ $(LDFLAGS) $(LIBS)

attacks: all $(ATTACKS) ## published attacks on two servers, a good client beside them, within bounds; ATTACK_SECONDS (2) each
	@echo "a server of handlers:"; $(ATTACKS) -t $(ATTACK_SECONDS) $(BUILD)/bin/h2cat --listen --echo http://127.0.0.1:0; handlers=$$?; \
	echo "a server of events:"; $(ATTACKS) -t $(ATTACK_SECONDS) $(BUILD)/examples/echo_events http://127.0.0.1:0 && exit $$handlers

SOAK := $(BUILD)/tests/soak
MINUTES ?= 10
$(BUILD)/obj/tests/soak/%: KIND_FLAGS += -D_GNU_SOURCE -Itests/attacks
$(SOAK): $(call obj,tests/soak/soak.c $(addprefix tests/attacks/,kinds.c process.c reader.c storm.c)) $(BUILD)/libh2conn.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $^ $(LDFLAGS) $(LIBS)

soak: all $(SOAK) ## MINUTES (10) of honest, rude, vanishing and attacking clients: every byte back, memory flat
	@$(SOAK) $(MINUTES) $(BUILD)/examples/echo_events http://127.0.0.1:0 2

check: all $(SUITES) $(REPLAYS) replays-small $(addprefix $(BUILD)/bench/,ops growth session) $(BUILD)/bin/h2device lint ## every test suite, then interoperation with the peers that are installed
	@BUILD=$(BUILD) tests/run.sh $(SUITES) tests/fuzz/replay.sh tests/fuzz/replay-small.sh $(wildcard tests/interop/*.sh tests/install/*.sh)

check-asan: ## the same suites under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) BUILD=$(BUILD)/asan SAN="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" CFLAGS="-O1 -g" check

check-tsan: ## the threaded suites under ThreadSanitizer
	@$(MAKE) BUILD=$(BUILD)/tsan SAN=-fsanitize=thread CFLAGS="-O1 -g" LAYERS="conn tls e2e fault" check

prove: ## Frama-C on the frame parser and HPACK: see tests/prove/README.md
	@tests/prove/prove.sh

coverage: ## lines and branches of hpack and h2 that the suites reach; needs lcov
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage SAN=--coverage CFLAGS="-O0 -g" coverage-suites
	@tests/coverage/report.sh $(BUILD)/coverage

coverage-suites: $(BUILD)/tests/test_hpack $(BUILD)/tests/test_h2 $(REPLAYS)
	@find $(BUILD) -name '*.gcda' -delete
	@BUILD=$(BUILD) tests/run.sh $(BUILD)/tests/test_hpack $(BUILD)/tests/test_h2 tests/fuzz/replay.sh

TARGET  ?= session
SECONDS ?= 60

# SMALL=1: the small profile.
SMALL   ?=
FUZZED  := $(BUILD)/fuzz$(if $(SMALL),-small)
fuzz: ## fuzz one TARGET (session) for SECONDS (60) with libFuzzer, with SMALL=1 the small profile; needs clang and libclang-rt
	@CC=clang OUT=$(FUZZED) SMALL=$(SMALL) tests/fuzz/build.sh
	@tests/fuzz/run.sh libfuzzer $(FUZZED) $(SECONDS) $(TARGET)

fuzz-all: ## fuzz every target, SECONDS (60) each
	@$(MAKE) --no-print-directory fuzz TARGET="$(if $(SMALL),$(SMALL_TARGETS),$(FUZZ_TARGETS))"

fuzz-afl: ## fuzz TARGET for SECONDS with AFL++; needs afl++
	@CC=afl-clang-fast CFLAGS="-g -O2" OUT=$(BUILD)/afl tests/fuzz/build.sh
	@tests/fuzz/run.sh afl $(BUILD)/afl $(SECONDS) $(TARGET)

$(BUILD)/tests/replay_dump: $(call obj,$(DUMP))
$(REPLAYS): $(BUILD)/tests/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(call obj,tests/fuzz/replay.c tests/fuzz/wire.c tests/support/invariants.c) $(BUILD)/libh2conn-core.a
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDFLAGS) $(if $(findstring differential,$@),-lnghttp2)

# The small profile throughout, in a folder of its own.
replays-small:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/small CFLAGS="$(CFLAGS) -DH2_SMALL" small-replays

small-replays: $(SMALL_REPLAYS)

include tools/bench/bench.mk

amalgamation: ## the core as one file to drop into a project: build/h2conn.c and build/h2conn.h
	@python3 tools/amalgamate.py $(BUILD)
	@for small in '' -DH2_SMALL; do $(CC) -std=c11 -ffreestanding -Wall -Wextra -Werror $$small -c -o /dev/null $(BUILD)/h2conn.c || exit 1; done
	@! command -v $(CXX) >/dev/null || $(CXX) -Wall -Wextra -Werror -fsyntax-only -x c++ $(BUILD)/h2conn.h

# The suites of the layers of the core, with the one file in the place of its parts.
$(BUILD)/h2conn.o: amalgamation
	@$(CC) $(CORE_FLAGS) -Wno-conversion -Wno-shadow -fno-builtin-bcmp $(CFLAGS) $(SAN) -I$(BUILD) -c -o $@ $(BUILD)/h2conn.c
	@tools/lint/core-symbols.sh $@

check-amalgamation: $(BUILD)/h2conn.o $$(foreach layer,hpack h2 conn,$$(call obj,$$(wildcard tests/$$(layer)/*.c))) $(call obj,$(SUPPORT) $(HOSTED)) ## the suites of the core linked with the amalgamation
	@mkdir -p $(BUILD)/amalgamated
	@for layer in hpack h2 conn; do $(CC) $(CFLAGS) $(SAN) -o $(BUILD)/amalgamated/test_$$layer $(BUILD)/obj/tests/$$layer/*.o \
	    $(call obj,$(SUPPORT) $(HOSTED)) $(BUILD)/h2conn.o $(LDFLAGS) $$([ $$layer = conn ] && echo -Wl,--wrap=getaddrinfo,--wrap=connect,--wrap=epoll_wait,--wrap=posix_now_us,--wrap=sem_timedwait) $(LIBS) $$(pkg-config --libs check jansson libnghttp2) || exit 1; done
	@tests/run.sh $(foreach layer,hpack h2 conn,$(BUILD)/amalgamated/test_$(layer))

check-cross: ## the core's suites on a Cortex-M3 under QEMU, and on 32-bit ARM and big-endian s390x under qemu-user
	@tests/cross/run.sh $(BUILD)

# The small profile of the core throughout, so it is built anew for this program.
$(BUILD)/bin/h2device: tools/firmware/small/h2device.c tools/firmware/small/small.h $(CORE) conn/posix_time.c $(wildcard hpack/*.h h2/*.h conn/*.h tls/*.[ch])
	@mkdir -p $(@D)
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(HOSTED_FLAGS) -DH2_SMALL $(CFLAGS) $(SAN) -o $@ $(filter %.c,$^) $(LDFLAGS) $(LIBS)

firmware: ## images for QEMU's mps2-an385: client and server with TLS and TCP/IP (tools/setup.sh firmware installs what it needs)
	@tools/firmware/image.sh $(BUILD)

firmware-run: all firmware ## run them, with h2cat as the other end
	@tools/firmware/firmware.sh $(BUILD)

size: ## what the core costs on small machines, cross-built; fails over budget (tools/setup.sh firmware installs compilers)
	@tools/firmware/size.sh $(BUILD)

ANALYSED := $(patsubst %.c,$(BUILD)/lint/%.ok,$(CORE) $(HOSTED) $(filter-out tools/bench/% tools/firmware/% $(if $(CHAT),,tools/chat/%),$(wildcard tools/*.c tools/*/*.c)))
$(filter $(BUILD)/lint/tools/chat/%,$(ANALYSED)): $(BUILD)/chat/chat_page.h
$(BUILD)/lint/%.ok: %.c .clang-tidy tools/lint/analyse.sh $(wildcard hpack/*.h h2/*.h conn/*.h tls/*.h tools/*/*.h)
	@mkdir -p $(@D)
	@$(SAY) "LINT $<"
	$(Q)tools/lint/analyse.sh $< $(filter -std% -I% -D%,$(HOSTED_FLAGS)) $(patsubst %/,-I%,$(wildcard tools/*/)) -I$(BUILD)/chat
	@touch $@

lint: $(ANALYSED) ## include arrows, lengths, generated tables; gcc -fanalyzer, clang-tidy, cppcheck, where installed
	@tools/lint/arrows.sh && tools/lint/lengths.sh && tools/lint/comments.sh $(PUBLIC) conn/h2conn_core.h && tools/generate/check.sh
	@tools/lint/analysers.sh

demo: all ## a TLS server and client on loopback, both directions at once
	@BUILD=$(BUILD) tools/demo.sh

include tools/install/install.mk

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: all examples attacks soak check replays-small small-replays prove check-cross firmware firmware-run amalgamation check-amalgamation size coverage coverage-suites check-asan check-tsan fuzz fuzz-all fuzz-afl lint demo clean help
.SECONDARY:

-include $(shell find $(BUILD)/obj $(BUILD)/pic -name '*.d' 2>/dev/null)
