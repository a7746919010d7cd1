# SPDX-License-Identifier: MIT
# Installing: headers, libraries, tools, man pages, pkg-config, CMake and completion. Included by the Makefile.

# The version is h2conn.h's. Before version 1 the soname has the minor number in it, as the interface may change with it.
VERSION   := $(shell sed -n 's/^\#define H2CONN_VERSION *"\(.*\)"$$/\1/p' conn/h2conn.h)
SOVERSION := $(basename $(VERSION))
LIBDIR    ?= $(PREFIX)/lib
TO        := $(DESTDIR)$(PREFIX)
TO_LIB    := $(DESTDIR)$(LIBDIR)

PUBLIC  := hpack/hpack.h h2/h2.h h2/h2_error.h h2/h2_frame.h h2/h2_limits.h tls/h2tls.h \
           $(filter-out %/h2conn_core.h,$(wildcard conn/h2conn*.h))
# For static memory: h2conn_core.h sizes what the archive keeps private, so it and what it needs go to a place of their own.
LAYOUT  := conn/h2conn_core.h conn/conn_link.h h2/h2_storage.h h2/h2_internal.h \
           $(patsubst %,h2/h2_%.h,field ledger name priority settings state stream window)
SHARED  := $(BUILD)/libh2conn.so.$(VERSION)
PIC      = $(patsubst %.c,$(BUILD)/pic/%.o,$(1))
PACKAGE := $(BUILD)/package/h2conn.pc $(BUILD)/package/h2conn-core.pc $(BUILD)/package/h2connConfig.cmake \
           $(BUILD)/package/h2connConfigVersion.cmake
MAN     := $(wildcard tools/man/*.1)

$(call PIC,$(CORE)): KIND_FLAGS = $(CORE_FLAGS)
$(call PIC,$(HOSTED)): KIND_FLAGS = $(HOSTED_FLAGS)
$(BUILD)/pic/%.o: %.c Makefile
	@mkdir -p $(@D)
	@$(SAY) "CC  $< (shared)"
	$(Q)$(CC) $(KIND_FLAGS) $(CFLAGS) $(SAN) -fPIC -fno-semantic-interposition -MMD -MP -c -o $@ $<

$(BUILD)/libh2conn.map: tools/install/exports.sh $(PUBLIC)
	@mkdir -p $(@D)
	@CC="$(CC)" tools/install/exports.sh $(PUBLIC) >$@ || { rm -f $@; exit 1; }

$(SHARED): $(call PIC,$(CORE) $(HOSTED)) $(BUILD)/libh2conn.map
	@$(SAY) "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(SAN) -shared -Wl,-soname,libh2conn.so.$(SOVERSION) -Wl,--version-script,$(BUILD)/libh2conn.map \
		-Wl,-z,defs -Wl,-z,relro -Wl,-z,now -o $@ $(filter %.o,$^) $(LDFLAGS) $(LIBS)

shared: $(SHARED) ## the shared library, in build/

# These name the places they are installed to.
.PHONY: $(PACKAGE)
$(PACKAGE): $(BUILD)/package/%: tools/install/%.in
	@mkdir -p $(@D)
	@sed 's|@PREFIX@|$(PREFIX)|g; s|@LIBDIR@|$(LIBDIR)|g; s|@VERSION@|$(VERSION)|g; s|@SOVERSION@|$(SOVERSION)|g' $< | \
		sed "s|@FROM_LIBDIR@|$$(realpath -m --relative-to='$(LIBDIR)' '$(PREFIX)')|g" >$@

# The loader keeps a list of what is in its directories; what is put in one of them is found once that is renewed.
RENEW = [ -n "$(DESTDIR)" ] || ! ldconfig -vN 2>/dev/null | grep -q '^$(LIBDIR):' || ldconfig

install: all $(SHARED) $(PACKAGE) ## headers, libraries, tools and man pages under DESTDIR and PREFIX
	install -d $(TO)/include/h2conn $(TO)/include/h2conn-core $(TO)/bin $(TO)/share/man/man1 $(TO)/share/bash-completion/completions \
		$(TO_LIB)/pkgconfig $(TO_LIB)/cmake/h2conn
	install -m 644 $(PUBLIC) $(TO)/include/h2conn
	install -m 644 $(LAYOUT) $(TO)/include/h2conn-core
	install -m 644 $(BUILD)/libh2conn-core.a $(BUILD)/libh2conn.a $(TO_LIB)
	install -m 755 $(SHARED) $(TO_LIB)
	ln -sf libh2conn.so.$(VERSION) $(TO_LIB)/libh2conn.so.$(SOVERSION)
	ln -sf libh2conn.so.$(SOVERSION) $(TO_LIB)/libh2conn.so
	install -m 644 $(filter %.pc,$(PACKAGE)) $(TO_LIB)/pkgconfig
	install -m 644 $(filter %.cmake,$(PACKAGE)) $(TO_LIB)/cmake/h2conn
	install -m 755 $(PROGS) $(TO)/bin
	install -m 644 $(MAN) $(TO)/share/man/man1
	install -m 644 tools/completion/h2conn.bash $(TO)/share/bash-completion/completions/h2cat
	for tool in h2dump h2bench; do ln -sf h2cat $(TO)/share/bash-completion/completions/$$tool; done
	@$(RENEW)

uninstall: ## remove what install puts there
	rm -rf $(TO)/include/h2conn $(TO)/include/h2conn-core $(TO_LIB)/cmake/h2conn
	rm -f $(TO_LIB)/libh2conn-core.a $(TO_LIB)/libh2conn.a $(TO_LIB)/libh2conn.so $(TO_LIB)/libh2conn.so.$(SOVERSION) \
		$(TO_LIB)/libh2conn.so.$(VERSION) $(TO_LIB)/pkgconfig/h2conn.pc $(TO_LIB)/pkgconfig/h2conn-core.pc \
		$(TOOLS:%=$(TO)/bin/%) $(MAN:tools/man/%=$(TO)/share/man/man1/%) \
		$(TOOLS:%=$(TO)/share/bash-completion/completions/%)
	@$(RENEW)

dist: ## a source archive of the last commit, in build/
	@git rev-parse -q --verify HEAD >/dev/null 2>&1 || { echo "make dist packs the last commit: it needs git and a checkout" >&2; exit 1; }
	@mkdir -p $(BUILD)
	git archive --format=tar.gz --prefix=h2conn-$(VERSION)/ -o $(BUILD)/h2conn-$(VERSION).tar.gz HEAD
	@echo $(BUILD)/h2conn-$(VERSION).tar.gz

.PHONY: shared install uninstall dist docs

docs: ## pages of the public headers by doxygen, in build/docs/html
	@mkdir -p $(BUILD)/docs
	@VERSION=$(VERSION) DOCS=$(BUILD)/docs PUBLIC="$(PUBLIC)" doxygen tools/docs/Doxyfile
	@python3 tools/docs/check.py $(BUILD)/docs/xml
	@echo $(BUILD)/docs/html/index.html
