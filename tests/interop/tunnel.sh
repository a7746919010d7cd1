#!/bin/sh
# SPDX-License-Identifier: MIT
# h2cat --tcp and --unix: sockets through a client and a server, both ways at once, ended by halves and by resets.
. "$(dirname "$0")/support"
have python3 "tunnels" || exit 0
random 20000000 >"$dir/big"
big=$(sum <"$dir/big")

cat >"$dir/peer.py" <<'PYTHON'
# usage: peer.py echo|reset|hold unix:PATH|HOST:PORT
#        peer.py talk|abort|probe unix:PATH|tcp://HOST:PORT
#        peer.py crowd N tcp://HOST:PORT
import resource, socket, struct, sys, threading

def opened(name):
    if name.startswith("unix:"):
        return socket.AF_UNIX, name[5:]
    host, port = name.removeprefix("tcp://").rsplit(":", 1)
    return (socket.AF_INET6 if host[0] == "[" else socket.AF_INET), (host.strip("[]"), int(port))

def serve(name, how):
    family, address = opened(name)
    listening = socket.socket(family)
    listening.bind(address)
    listening.listen(64)
    where = listening.getsockname()
    print("listening on", where if family == socket.AF_UNIX else "%s:%d" % where, flush=True)
    while True:
        conn, _ = listening.accept()
        threading.Thread(target=how, args=(conn,), daemon=True).start()

def echo(conn):
    while data := conn.recv(65536):
        conn.sendall(data)
    conn.sendall(b"end")
    conn.shutdown(socket.SHUT_WR)

def reset(conn):
    conn.recv(1)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()

# Says nothing, and does not end its half.
def hold(conn):
    while conn.recv(65536):
        pass
    threading.Event().wait()

def talk(conn):
    def send():
        while data := sys.stdin.buffer.read(65536):
            conn.sendall(data)
        conn.shutdown(socket.SHUT_WR)
    thread = threading.Thread(target=send)
    thread.start()
    while data := conn.recv(65536):
        sys.stdout.buffer.write(data)
    thread.join()

def abort(conn):
    try:
        conn.sendall(b"x")
        sys.exit(1 if conn.recv(10) == b"" else 2)
    except ConnectionResetError:
        sys.exit(0)

# N sockets, of which the last says something. A line of stdin ends all but that; it is answered when it is served.
def crowd(n, name):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    conns = [socket.create_connection(opened(name)[1]) for _ in range(n)]
    conns[-1].sendall(b"x")
    print("crowded", flush=True)
    if sys.stdin.readline() == "":
        return
    for conn in conns[:-1]:
        conn.close()
    sys.exit(0 if conns[-1].recv(1) == b"x" else 1)

how, name = sys.argv[1], sys.argv[-1]
if how in ("echo", "reset", "hold"):
    serve(name, {"echo": echo, "reset": reset, "hold": hold}[how])
if how == "crowd":
    crowd(int(sys.argv[2]), name)
    sys.exit(0)
family, address = opened(name)
conn = socket.socket(family)
conn.connect(address)
{"talk": talk, "abort": abort, "probe": socket.socket.close}[how](conn)
PYTHON
peer() { timeout "$LIMIT" python3 "$dir/peer.py" "$@"; }
whole() { { cat "$dir/big" && printf end; } | sum; }

# The peer's half is ended by ours, and what it says after that still arrives.
through() { [ "$(peer talk "$url" <"$dir/big" | sum)" = "$(whole)" ]; }
many() {
    for i in 1 2 3 4 5 6 7 8 9 10; do printf "$i" | peer talk "$url" >"$dir/many$i" & list="${list-} $!"; done
    # shellcheck disable=SC2086 # a list of words
    wait $list
    for i in 1 2 3 4 5 6 7 8 9 10; do [ "$(cat "$dir/many$i")" = "${i}end" ] || return 1; done
}
aborted() { peer abort "$url" </dev/null; }

# usage: tunnels NAME TARGET CLIENT-OPTION SERVER-OPTIONS CLIENT-OPTIONS
tunnels() {
    name=$1 at=$2
    # shellcheck disable=SC2086 # arguments
    serve "$h2cat" --listen $at $4 "$listen"
    inner=$url
    # shellcheck disable=SC2086 # arguments
    serve "$h2cat" $3 $5 "$inner"
    expect "$name: 20 MB both ways at once, ended by halves" through
    expect "$name: ten at once" many
    stopped "$name: SIGTERM ends the client with status 0" "$pid"
}
stopped() { stop "$2"; got=$?; expect "$1" test $got -eq 0; }

serve python3 -u "$dir/peer.py" echo 127.0.0.1:0
echo_at=$url echo_pid=$pid
listen=http://127.0.0.1:0
tunnels "tunnel: TCP to TCP" "--tcp $echo_at" "--tcp 127.0.0.1:0" '' ''
tunnels "tunnel: Unix socket to TCP" "--tcp $echo_at" "--unix $dir/in.sock" '' ''
expect "tunnel: the socket's file is removed" test ! -e "$dir/in.sock"
serve python3 -u "$dir/peer.py" echo "unix:$dir/out.sock"
tunnels "tunnel: TCP to Unix socket" "--unix $dir/out.sock" "--tcp 127.0.0.1:0" '' ''
listen=https://127.0.0.1:0
tunnels "tunnel: TLS" "--tcp $echo_at" "--tcp [::1]:0" "--cert $certs/server.pem --key $certs/server.key" "--cacert $ca"
listen=http://127.0.0.1:0

# A WebSocket has no halves: the peer is heard until both are done.
serve "$h2cat" --listen --tcp "$echo_at" --websocket "$listen"
serve "$h2cat" --tcp 127.0.0.1:0 --websocket "$url"
binary() { [ "$(printf '\377\0x' | timeout "$LIMIT" python3 -c 'import socket, sys
host, port = sys.argv[1].removeprefix("tcp://").rsplit(":", 1)
conn = socket.create_connection((host, int(port)))
conn.sendall(sys.stdin.buffer.read())
got = b""
while len(got) < 3: got += conn.recv(10)
sys.stdout.buffer.write(got)' "$url" | od -An -tx1)" = ' ff 00 78' ]; }
expect "tunnel: over WebSocket, octets as they are" binary

# When no descriptor is left, that is said once, and a socket waits until another has ended.
serve "$h2cat" --listen --tcp "$echo_at" "$listen"
serve sh -c "ulimit -n 24; exec '$h2cat' --tcp 127.0.0.1:0 '$url'"
mkfifo "$dir/go"
crowded() {
    peer crowd 40 "$url" <"$dir/go" &
    crowd=$!
    exec 7>"$dir/go"
    until grep -q 'further sockets wait' "$log"; do kill -0 "$crowd" || return 1; done
    echo >&7
    wait "$crowd" && exec 7>&- && cat "$log" && [ "$(grep -c 'further sockets wait' "$log")" -eq 1 ]
}
expect "tunnel: a socket without a descriptor for it waits for the end of others" crowded

# A client that is told to end closes its port, and waits for what is open. Told again it ends at once, as signals end.
insists() {
    kill "$pid"
    while peer probe "$url" 2>/dev/null; do kill -0 "$pid" || return 1; done
    stop "$pid"
    [ $? -eq 143 ]
}
held() {
    echo | peer talk "$url" >"$dir/held" &
    until grep -q '^< HEADERS' "$log"; do kill -0 "$pid" || return 1; done
    insists
}
serve python3 -u "$dir/peer.py" hold 127.0.0.1:0
serve "$h2cat" --listen --tcp "$url" "$listen"
serve "$h2cat" -v --tcp 127.0.0.1:0 "$url"
expect "tunnel: a second SIGTERM ends a client whose connection is held open" held
# As many sockets as a client serves at once, two threads for each, and one that waits.
full() {
    peer crowd 1025 "$url" <"$dir/go" >"$dir/crowd" &
    crowd=$!
    exec 7>"$dir/go"
    until [ "$(ps -o nlwp= -p "$pid")" -gt 2048 ]; do kill -0 "$pid" && kill -0 "$crowd" || return 1; done
    stop "$pid"
    result=$?
    exec 7>&-
    return $result
}
if [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 2200 ]; then
    serve "$h2cat" --listen --echo "$listen"
    serve sh -c "ulimit -n 2200; exec '$h2cat' --tcp 127.0.0.1:0 '$url'"
    expect "tunnel: SIGTERM ends a client that serves all the sockets it can, with status 0" full
else
    skip "tunnel: 1,025 sockets: no more than $(ulimit -Hn) descriptors"
fi

serve python3 -u "$dir/peer.py" reset 127.0.0.1:0
serve "$h2cat" --listen --tcp "$url" "$listen"
serve "$h2cat" --tcp 127.0.0.1:0 "$url"
expect "tunnel: a reset of the far socket resets the near one" aborted
stop "$echo_pid"
serve "$h2cat" --listen --tcp "$echo_at" "$listen"
far=$url
serve "$h2cat" --tcp 127.0.0.1:0 "$far"
expect "tunnel: a target nobody listens on resets the socket" aborted
bad_gateway() { timeout "$LIMIT" "$h2cat" "$far" </dev/null >"$dir/back" 2>&1; [ $? -eq 4 ] && grep -q 502 "$dir/back"; }
expect "tunnel: and is 502 to others" bad_gateway
: >"$dir/file"
taken() { timeout "$LIMIT" "$h2cat" --unix "$dir/file" "$far" >"$dir/back" 2>&1; [ $? -eq 2 ] && [ -e "$dir/file" ]; }
expect "tunnel: a file that is no socket is not replaced" taken
[ $failures -eq 0 ]
