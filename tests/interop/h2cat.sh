#!/bin/sh
# SPDX-License-Identifier: MIT
# h2cat with h2cat, in two processes: every mode, option and exit status, cleartext and TLS.
. "$(dirname "$0")/support"
random 67108864 >"$dir/big"
big=$(sum <"$dir/big")
mkfifo "$dir/silence" "$dir/question" "$dir/answer"
exec 6<>"$dir/answer" 7<>"$dir/question" 8<>"$dir/silence"

cat >"$dir/live.py" <<'PYTHON'
# usage: live.py COMMAND...: with stderr on a terminal; "hello" is echoed, then both halves end. What is live comes before
# the end, is drawn over itself, and gives way to the sum. With stdin on the terminal too nothing is live.
import os, pty, re, subprocess, sys

def start(on_terminal):
    master, slave = pty.openpty()
    process = subprocess.Popen(sys.argv[1:], stdin=slave if on_terminal else subprocess.PIPE, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    return master, process

# What is on the terminal up to a pattern, or to its end.
def shown(master, pattern=None):
    text = b""
    while pattern is None or not re.search(pattern, text):
        try:
            more = os.read(master, 4096)
        except OSError:
            more = b""
        if more == b"":
            return text if pattern is None else sys.exit("the terminal shows %r" % text)
        text += more
    return text

rate = rb" \([0-9.]+ [kMG]?B/s\)"
line = rb"\r\x1b\[Ksent 5 B" + rate + rb"  received 5 B" + rate + rb"(  round trip [0-9.]+ ms)?"
total = rb"h2cat: sent 5 bytes" + rate + rb", received 5 bytes" + rate + rb" in [0-9.]+ s(; round trip .*)?\r\n"

master, process = start(False)
process.stdin.write(b"hello")
process.stdin.flush()
assert os.read(process.stdout.fileno(), 5) == b"hello"
shown(master, line)
process.stdin.close()
rest = shown(master)
assert process.wait() == 0
assert re.search(rb"\r\x1b\[K" + total + rb"$", rest), rest

master, process = start(True)
os.write(master, b"hello\x04\x04")
assert process.wait() == 0
rest = shown(master)
assert b"\x1b" not in rest and re.search(total + rb"$", rest), rest
PYTHON

h2cat() { timeout "$LIMIT" "$h2cat" $trust "$@"; }
# usage: status WANTED-STATUS WANTED-TEXT ARGUMENT...; the text is a pattern for stderr
status() {
    want=$1 text=$2
    shift 2
    timeout "$LIMIT" "$h2cat" "$@" </dev/null >"$dir/back" 2>"$dir/said"
    got=$?
    cat "$dir/said"
    [ $got -eq "$want" ] && { [ -z "$text" ] || grep -qE -e "$text" "$dir/said"; }
}

echo_big() { [ "$(h2cat "$url/" <"$dir/big" | sum)" = "$big" ]; }
through_pipes() { [ "$(cat "$dir/big" | h2cat "$url/" | cat | sum)" = "$big" ]; }
bench_bulk() { timeout "$LIMIT" "$h2bench" $trust bulk "$url" 64M | grep -qE '^bulk 67108864 bytes [0-9.]+ s [0-9.]+ MB/s each way$'; }
bench_ping() { timeout "$LIMIT" "$h2bench" $trust ping "$url" 1000 100 | grep -qE '^ping 1000 x 100 B [0-9.]+ s [0-9]+ round trips/s$'; }
bench_differs() { timeout "$LIMIT" "$h2bench" $trust bulk "$url" 1K >/dev/null; [ $? -eq 6 ]; }
ends_with() { stop "$1"; got=$?; [ $got -eq "$2" ]; }
headless() { h2cat -X HEAD "$url" </dev/null >"$dir/back" && [ ! -s "$dir/back" ]; }
respond_big() { [ "$(h2cat -X GET "$url" </dev/null | sum)" = "$big" ]; }
unread_upload() { [ "$(h2cat "$url" <"$dir/big" | sum)" = "$big" ]; }
first_line() { [ "$(h2cat -X GET "$url" </dev/null | head -c 10 | wc -c)" -eq 10 ]; }

exec_both_ways() { [ "$(printf 'b\na\n' | h2cat "$url")" = "$(printf 'a\nb')" ]; }
exec_environment() { [ "$(h2cat -X PUT "$url/a?b" </dev/null | cut -d : -f 1)" = "PUT /a?b 127.0.0.1" ]; }
exec_silent_client() { [ "$(h2cat "$url" <&8)" = done ]; }
no_children() { ! ps -o pid= --ppid "$pid" | grep -q .; }
# The process does not end by itself; the client goes away when it has heard that it runs.
exec_ended() {
    "$h2cat" $trust "$url" <&8 >&6 2>/dev/null &
    client=$!
    read -r process <&6
    kill "$client"
    timeout "$LIMIT" tail --pid="$process" -f /dev/null
}

# Each end has something to say and hears the other out.
join_both_ways() {
    printf 'from the server' >"$dir/down"
    start sh -c "exec '$h2cat' --listen $own '$listen' <'$dir/down' >'$dir/up'" || return 1
    [ "$(h2cat "$url" <"$dir/big")" = 'from the server' ] || return 1
    await "$pid" && [ "$(sum <"$dir/up")" = "$big" ]
}
join_one() {
    start sh -c "exec '$h2cat' --listen $own '$listen' <'$dir/question' >/dev/null" || return 1
    "$h2cat" $trust "$url" <&8 >&6 2>/dev/null &
    first=$!
    echo question >&7
    read -r heard <&6
    status 4 503 $trust "$url" || return 1
    kill "$first"
    await "$pid"
}
verbose() {
    h2cat -v "$url" </dev/null 2>"$dir/frames" >/dev/null && cat "$dir/frames" &&
        grep -qx '> HEADERS stream=1 flags=END_HEADERS length=[0-9]*' "$dir/frames" &&
        grep -qx '< HEADERS stream=1 flags=END_HEADERS length=[0-9]*' "$dir/frames" &&
        grep -q '^< SETTINGS .*MAX_CONCURRENT_STREAMS=128' "$dir/frames" && grep -qx '> SETTINGS flags=ACK' "$dir/frames" &&
        grep -qx '> DATA stream=1 flags=END_STREAM length=0' "$dir/frames" && grep -q '^> GOAWAY last=0 code=NO_ERROR' "$dir/frames"
}

# Pings go on while stdin is silent: two answers are awaited, then the client is told to end. An answer that comes later
# than the next ping is due ends it.
pings() {
    [ -p "$dir/pings" ] || mkfifo "$dir/pings"
    "$h2cat" $trust --ping 1 "$url" <&8 >/dev/null 2>"$dir/pings" &
    client=$!
    { read -r said && read -r again; } <"$dir/pings"
    kill "$client"
    wait "$client"
    case "$said$again" in 'h2cat: round trip '*' ms''h2cat: round trip '*' ms') ;; *) return 1 ;; esac
}
# A server that stands still answers no ping.
unanswered() {
    [ -p "$dir/pings" ] || mkfifo "$dir/pings"
    start "$h2cat" --listen --echo $own "$listen" || return 1
    timeout "$LIMIT" "$h2cat" $trust --ping 1 "$url" <&8 >/dev/null 2>"$dir/pings" &
    client=$!
    { read -r said && kill -STOP "$pid" && cat; } <"$dir/pings" >"$dir/said"
    wait "$client"
    got=$?
    kill -CONT "$pid"
    cat "$dir/said"
    [ $got -eq 5 ] && grep -qx 'h2cat: no answer to a ping within 1 s' "$dir/said"
}
stats() {
    h2cat --stats "$url" <"$dir/big" 2>"$dir/said" >/dev/null && cat "$dir/said" && [ "$(wc -l <"$dir/said")" -eq 1 ] &&
        grep -qE '^h2cat: sent 67108864 bytes \([0-9.]+ [kMG]?B/s\), received 67108864 bytes \(.*\) in [0-9.]+ s; round trip [0-9.]+/[0-9.]+/[0-9.]+ ms' "$dir/said"
}
# What is recorded on both sides is the same talk, whole, with nothing wrong in it.
record() {
    start "$h2cat" --listen --echo --record "$dir/server.h2" $own "$listen" || return 1
    h2cat --record "$dir/client.h2" "$url/recorded" <"$dir/big" | cmp - "$dir/big" || return 1
    stop "$pid" || return 1
    for side in client server; do
        "$BUILD/bin/h2dump" -j "$dir/$side.h2" >"$dir/$side.json" || return 1
        grep -q '\[":path","/recorded"\]' "$dir/$side.json" || return 1
        [ "$(grep '"type":"DATA"' "$dir/$side.json" | sed 's/.*"from":"\([a-z]*\)".*"length":\([0-9]*\).*/\1 \2/' |
            awk '{n[$1] += $2} END {print n["client"], n["server"]}')" = '67108864 67108864' ] || return 1
    done
}
unwritable() { h2cat --record /nonexistent/file "$url" </dev/null >"$dir/back" 2>&1; [ $? -eq 1 ] && grep -q 'cannot write' "$dir/back"; }
response_fields() { h2cat -v "$url" </dev/null 2>&1 >/dev/null | grep -qx '< x-served: by h2cat'; }

# usage: cases NAME; `own`, `trust` and `listen` are h2cat's options
cases() {
    serve "$h2cat" --listen --echo $own "$listen"
    expect "$1: 64 MiB echoed as they were between two processes" echo_big
    expect "$1: the same through pipes" through_pipes
    expect "$1: -v prints frames" verbose
    expect "$1: h2bench bulk" bench_bulk
    expect "$1: h2bench ping" bench_ping
    expect "$1: HEAD to --echo" headless
    expect "$1: --ping says round trips" pings
    expect "$1: a ping without answer is exit status 5" unanswered
    serve "$h2cat" --listen --echo $own "$listen"
    expect "$1: --stats sums up" stats
    have python3 "$1: --stats on a terminal" && expect "$1: --stats draws a live line on a terminal" timeout "$LIMIT" python3 "$dir/live.py" "$h2cat" $trust --stats "$url"
    expect "$1: --record on both sides, for h2dump" record
    expect "$1: --record to a file that cannot be written" unwritable
    serve "$h2cat" --listen --echo -H 'x-served: by h2cat' $own "$listen"
    expect "$1: -v shows response fields" response_fields
    expect "$1: SIGTERM ends a server with status 0" ends_with "$pid" 0
    serve "$h2bench" $own server "$listen"
    expect "$1: h2bench server" bench_bulk
    serve "$h2cat" --listen --respond "$dir/big" $own "$listen"
    expect "$1: --respond with 64 MiB" respond_big
    expect "$1: --respond to an upload of 64 MiB" unread_upload
    expect "$1: --respond to HEAD" headless
    expect "$1: a reader that has seen enough is no failure" first_line
    expect "$1: h2bench notices wrong bytes" bench_differs
    serve "$h2cat" --listen --exec sort $own "$listen"
    expect "$1: --exec reads to the end and then answers" exec_both_ways
    serve "$h2cat" --listen --exec 'echo "$H2CAT_METHOD $H2CAT_PATH $H2CAT_PEER"' $own "$listen"
    expect "$1: --exec tells the process about the request" exec_environment
    serve "$h2cat" --listen --exec 'echo done' $own "$listen"
    expect "$1: --exec ends with its process" exec_silent_client
    expect "$1: --exec leaves no process behind" no_children
    serve "$h2cat" --listen --exec 'echo $$; exec sleep 1000' $own "$listen"
    expect "$1: --exec ends a process whose client is gone" exec_ended
    expect "$1: stdin and stdout joined at both ends" join_both_ways
    expect "$1: --listen alone has one connection, others get 503" join_one
}

listen=http://127.0.0.1:0 own='' trust=''
cases cleartext
listen=https://127.0.0.1:0 own="--cert $certs/server.pem --key $certs/server.key" trust="--cacert $ca"
cases TLS

# Who is trusted, and what a failure says. $url is the TLS server's.
serve "$h2cat" --listen --echo $own "$listen"
expect "an unknown authority is exit status 2" status 2 'cannot connect' "$url"
expect "-k accepts it" status 0 '' -k "$url"
serve "$h2cat" --listen --echo --cert "$certs/expired.pem" --key "$certs/expired.key" "$listen"
expect "an expired certificate is exit status 2" status 2 'cannot connect' $trust "$url"
serve "$h2cat" --listen --echo --cert "$certs/other-name.pem" --key "$certs/other-name.key" "$listen"
expect "a certificate for another name is exit status 2" status 2 'cannot connect' $trust "$url"
serve "$h2cat" --listen --echo --cacert "$ca" $own "$listen"
expect "mutual TLS with a certificate" status 0 '' $trust --cert "$certs/client.pem" --key "$certs/client.key" "$url"
expect "mutual TLS without one is exit status 2" status 2 . $trust "$url"
expect "http to a port that speaks https is an error" status 3 . "$(echo "$url" | sed s/https/http/)"
serve "$h2cat" --listen --echo http://127.0.0.1:0
expect "https to a port that speaks http is exit status 2" status 2 'cannot connect' "$(echo "$url" | sed s/http/https/)"
stop "$pid"
expect "nobody listens: exit status 2" status 2 'cannot connect' "$url"
expect "no such host: exit status 2" status 2 'cannot connect' http://name.invalid/
serve "$h2cat" --listen --echo http://127.0.0.1:0
expect "an address in use is exit status 2" status 2 'cannot listen' --listen --echo "$url"

# Two servers are told to end, with a connection open at each. When one has cut it short, the other still serves.
talks_on() { echo "$1" >&8 && timeout "$LIMIT" head -n 1 <&9 | grep -qx "$1"; }
drains() {
    mkfifo "$dir/says" "$dir/hears" "$dir/hushed"
    serve "$h2cat" --listen --echo --drain 0.1 http://127.0.0.1:0
    brief=$pid
    timeout "$LIMIT" "$h2cat" -v "$url" <"$dir/hushed" >"$dir/back" 2>"$dir/frames" &
    cut=$!
    exec 7>"$dir/hushed"
    until grep -q '^< HEADERS' "$dir/frames"; do kill -0 "$cut" || return 1; done
    serve "$h2cat" --listen --echo --drain 600 http://127.0.0.1:0
    patient=$pid
    timeout "$LIMIT" "$h2cat" "$url" <"$dir/says" >"$dir/hears" &
    talker=$!
    exec 8>"$dir/says" 9<"$dir/hears"
    talks_on before && kill "$patient" && stop "$brief" && ! wait "$cut" && talks_on after
    result=$?
    exec 7>&- 8>&-
    wait "$talker" && await "$patient" && return $result
}
expect "--drain says how long connections go on after SIGTERM" drains
expect "--drain is a server's" status 1 'add --listen' --drain 1 "$url"
expect "--drain takes seconds" status 1 'seconds above 0' --listen --echo --drain 0 "$url"

# The server is away at first: it comes when the client has told of an attempt.
comes_back() {
    stop "$pid"
    echo hello | timeout "$LIMIT" "$h2cat" --reconnect "$url" >"$dir/back" 2>&6 &
    client=$!
    read -r said <&6
    echo "$said"
    case $said in "h2cat: attempt 2 at $url in "*) ;; *) return 1 ;; esac
    start "$h2cat" --listen --echo "$url" && wait "$client" && [ "$(cat "$dir/back")" = hello ]
}
stays_away() { status 2 'cannot connect' --reconnect --timeout 0.5 "$url" && grep -q '^h2cat: attempt 2 ' "$dir/said"; }
serve "$h2cat" --listen --echo http://127.0.0.1:0
expect "--reconnect waits for a server that is away" comes_back
stop "$pid"
expect "--reconnect tells each attempt, and gives up with exit status 2" stays_away

# Usage.
serve "$h2cat" --listen --echo http://127.0.0.1:0
closed_stdout() { echo hello | timeout "$LIMIT" "$h2cat" "$url" >&- 2>"$dir/said"; [ $? -eq 1 ] && grep -q '^h2cat: cannot write stdout' "$dir/said"; }
expect "a stdout that is closed is exit status 1" closed_stdout
closed_stdin() { timeout "$LIMIT" "$h2cat" "$url" <&- >"$dir/said" && [ ! -s "$dir/said" ]; }
expect "a stdin that is closed is an empty one" closed_stdin
expect "-v shows the status" status 0 '^< :status: 200$' -v "$url"
expect "seconds may begin with their point" status 0 '' --ping .5 "$url"
expect "a port beyond 65535 is told, to listen on" status 2 'at most 65535' --tcp 127.0.0.1:65536 "$url"
for arguments in '' 'ftp://localhost/' 'http://localhost http://localhost' '--echo http://localhost' '--listen --echo --exec x http://localhost:0' \
    '--no-such-option http://localhost' '-H nocolon http://localhost' '--timeout 0 http://localhost' '--timeout' \
    '--listen -k http://localhost:0' '--listen --echo https://localhost:0' '--cacert x http://localhost' '--cert x https://localhost' \
    '--listen --respond /nonexistent http://127.0.0.1:0' '--websocket=x http://localhost' '--ping 0 http://localhost' \
    '--listen --stats http://localhost:0' '--listen --reconnect http://localhost:0' '--tcp a:1 --stats http://localhost' '--tcp a:1 --unix b http://localhost' '--tcp nowhere http://localhost' '--listen --tcp :22 http://localhost:0' '--listen --unix= http://localhost:0' '--websocket -X PUT http://localhost' 'https://localhost --cacert /nonexistent' '-H : http://localhost' '-H a@b:c http://localhost' '-H Connection:close http://localhost' '--listen --echo -H upgrade:x http://localhost:0' '-X A@B http://localhost' '--ping . http://localhost'; do
    # shellcheck disable=SC2086 # arguments
    expect "usage: '$arguments' is exit status 1 and one line" status 1 '^h2cat: .' $arguments
    [ "$(wc -l <"$dir/said")" -eq 1 ] || failed "usage: '$arguments' gives one line"
done
expect "--version" status 0 '' --version
expect "options may follow the URL" status 0 '' "$url" -X PUT --timeout 5
[ $failures -eq 0 ]
