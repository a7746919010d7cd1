#!/bin/sh
# SPDX-License-Identifier: MIT
# Dependencies point one way: hpack <- h2 <- conn <- tools, and tls knows only conn's transport type.
# A layer includes its own headers and the public ones to its left; system headers stay out of the core.
set -eu
status=0

# usage: allow FILES REGEX-OF-INCLUDES-ALLOWED
allow() {
    for file in $1; do
        [ -f "$file" ] || continue
        bad=$(sed -n 's/^ *# *include *[<"]\([^>"]*\)[>"].*/\1/p' "$file" | grep -vxE "$2" || true)
        [ -z "$bad" ] && continue
        echo "$file may not include:" $bad >&2
        status=1
    done
}

free='std(bool|def|int)\.h|limits\.h|string\.h'
allow 'hpack/*.[ch]' "$free|hpack[a-z_]*\.h"
allow 'h2/*.[ch]' "$free|hpack\.h|h2(_[a-z_]*)?\.h"
# h2dump judges with the engine's own tables of fields and settings.
allow 'conn/conn_*.[ch] conn/h2conn*.h' "$free|h2\.h|h2_storage\.h|h2conn(_transport|_message|_events|_core|_websocket)?\.h|conn_[a-z_]*\.h"
allow 'conn/posix_*.[ch]' "[a-z/]*\.h|h2\.h|h2conn(_transport|_message|_events|_websocket)?\.h|(conn|posix)_[a-z_]*\.h"
allow 'tls/*.[ch]' "[a-z/]*\.h|h2conn_transport\.h|h2tls\.h|tls_[a-z_]*\.h|wolfssl/.*"
above='[a-z/]*\.h|(hpack|h2|h2conn|h2conn_core|h2conn_events|h2conn_message|h2conn_websocket|h2tls|h2_frame)\.h'
allow 'tools/*.c tools/common/*.[ch] tools/h2*/*.[ch] tools/examples/*.[ch]' "$above|(tool|h2cat|h2bench|h2dump)_[a-z0-9_]*\.h|event2/.*|h2_(field|settings)\.h|pb_(de|en)code\.h|(cbor_items|grpc_messages)\.h"
allow 'tools/chat/*.[ch]' "$above|(tool|chat)_[a-z]*\.h"
allow 'tools/firmware/*/*.[ch]' "[a-z/]*\.h|h2conn_(core|transport)\.h|h2tls\.h|net_[a-z]*\.h|wolfssl/.*"
allow 'tools/bench/*.[ch]' "$above|bench_[a-z_]*\.h|nghttp2/nghttp2\.h|wolfssl/.*"
exit $status
