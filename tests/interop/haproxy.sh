#!/bin/sh
# SPDX-License-Identifier: MIT
# Several servers behind HAProxy and behind nginx, set up as tools/examples/haproxy.cfg and nginx.conf say: both directions
# at once through them, and a server that ends while connections come and go.
. "$(dirname "$0")/support"
examples=$here/../../tools/examples
# Less than a client's window: see haproxy.cfg.
random 200000 >"$dir/some"
cat "$certs/server.pem" "$certs/server.key" >"$dir/front.pem"
cp "$certs/server.key" "$dir/front.key"
cp "$ca" "$dir/ca.pem"
mkfifo "$dir/says" "$dir/hears" "$dir/ended"
exec 6<>"$dir/ended"

h2cat() { timeout "$LIMIT" "$h2cat" --cacert "$ca" "$@"; }
free_port() { echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000)); }

# Sets `one`, `two`, `three`: ports of servers that name themselves; the last speaks TLS. `pid_one` is the first's.
servers_start() {
    serve "$h2cat" --listen --echo -H 'x-server: one' http://127.0.0.1:0
    one=$port pid_one=$pid
    serve "$h2cat" --listen --echo -H 'x-server: two' http://127.0.0.1:0
    two=$port
    serve "$h2cat" --listen --echo -H 'x-server: three' --cert "$certs/server.pem" --key "$certs/server.key" https://127.0.0.1:0
    three=$port
}

# Start a proxy that goes to the background when it listens, and writes its id to proxy.pid; sets `front`, its URL.
# usage: proxy_start EXAMPLE COMMAND...
proxy_start() {
    example=$1
    shift
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$(free_port)
        sed -e "s/0\.0\.0\.0:8443/127.0.0.1:$port/; s/:8001/:$one/; s/:8002/:$two/; s/:8003/:$three/; s,crt front,crt $dir/front," \
            -e "s,ca-file ,ca-file $dir/,; s/nginx.pid/proxy.pid/" "$examples/$example" >"$dir/$example"
        "$@" >"$dir/proxy.log" 2>&1 || continue
        proxy=$(cat "$dir/proxy.pid")
        servers="$servers $proxy"
        echo "$*" >"$dir/$proxy.name"
        cp "$dir/proxy.log" "$dir/$proxy.log"
        front=https://127.0.0.1:$port
        return 0
    done
    cat "$dir/proxy.log"
    return 1
}

hears() { timeout "$LIMIT" head -n 1 <&5 | grep -qx "$1"; }
# Each line comes back before the next is sent. Sets `talker` and leaves the talk open on descriptors 4 and 5.
talk_begins() {
    "$h2cat" --cacert "$ca" -v "$front" <"$dir/says" >"$dir/hears" 2>"$dir/frames" &
    talker=$!
    exec 4>"$dir/says" 5<"$dir/hears"
    echo first >&4
    hears first && echo second >&4 && hears second
}
talk_ends() {
    exec 4>&-
    wait "$talker" && [ -z "$(cat <&5)" ]
    result=$?
    exec 5<&-
    return $result
}
talks() {
    talk_begins
    began=$?
    talk_ends && [ $began -eq 0 ]
}
talks_with() { grep -qx "< x-server: $1" "$dir/frames"; }

# Connections one after another, every byte compared, until the file `stop` is there. What fails is told in `bad`.
load() {
    while [ ! -e "$dir/stop" ]; do
        h2cat "$front" <"$dir/some" 2>>"$dir/bad" | cmp - "$dir/some" >>"$dir/bad" 2>&1
        echo ended >&6
    done
}
# Connections of the loads that begin after this have ended.
goes_on() { for time in 1 2 3 4 5 6 7 8 9 10; do read -r ended <&6; done; }
talk_with_one() {
    for talk in 1 2 3 4 5 6 7 8 9; do
        talk_begins || return 1
        talks_with one && return 0
        talk_ends || return 1
    done
    return 1
}
# The first server is told to end while it has a connection that is not at its end. That one goes on, and ends well.
drained() {
    talk_with_one && kill "$pid_one" && echo third >&4 && hears third && talk_ends && await "$pid_one"
}
# The same while other connections come and go.
drained_under_load() {
    : >"$dir/bad"
    rm -f "$dir/stop"
    loads=
    for number in 1 2 3 4; do
        load &
        loads="$loads $!"
    done
    goes_on
    drained
    result=$?
    goes_on
    : >"$dir/stop"
    # shellcheck disable=SC2086 # a list of words
    wait $loads
    cat "$dir/bad"
    [ $result -eq 0 ] && [ ! -s "$dir/bad" ]
}
others_answer() {
    for time in 1 2 3 4; do h2cat -v "$front" </dev/null 2>&1 | grep '^< x-server: '; done >"$dir/who"
    [ "$(grep -cE ': (two|three)$' "$dir/who")" -eq 4 ]
}
pings() { timeout "$LIMIT" "$h2bench" --cacert "$ca" ping "$front" 500 100; }

if have haproxy "HAProxy in front of servers"; then
    servers_start
    if proxy_start haproxy.cfg haproxy -D -p "$dir/proxy.pid" -f "$dir/haproxy.cfg"; then
        expect "HAProxy: a talk, line by line" talks
        expect "HAProxy: 500 round trips on a connection" pings
        expect "HAProxy: a server ends under load, and no byte is lost" drained_under_load
        expect "HAProxy: the others answer then" others_answer
    else
        failed "HAProxy starts"
    fi
fi
if have nginx "nginx in front of servers"; then
    servers_start
    if proxy_start nginx.conf nginx -p "$dir" -c "$dir/nginx.conf" -e stderr; then
        expect "nginx: a talk, line by line" talks
        expect "nginx: a server ends under load, and no byte is lost" drained_under_load
        expect "nginx: the others answer then" others_answer
    else
        failed "nginx starts"
    fi
fi
[ $failures -eq 0 ]
