#!/bin/sh
# SPDX-License-Identifier: MIT
# The 20 KiB device's configuration, as client and as server of other implementations: two streams, windows of 1 KiB,
# 512 bytes for a header section, an HPACK table of 256 bytes or none; and the default table of 4,096 bytes.
. "$(dirname "$0")/support"
h2device=$BUILD/bin/h2device
random 100000 >"$dir/upload"
mkdir "$dir/docs"
random 100000 >"$dir/docs/page"
half=$(head -c 3000 /dev/zero | tr '\0' 'x')
long=$half$half

if have go 'the device and Go'; then
    go=$dir/go_peer
    GOCACHE=$dir/go-cache GO111MODULE=off go build -o "$go" "$here/go_peer.go" "$here/go_common.go" >"$dir/out" 2>&1 ||
        { skip "the device and Go: $(head -n 1 "$dir/out")"; go=; }
else
    go=
fi

# Go's client before 1.20 keeps a table of 4,096 bytes whatever its peer says, which RFC 9113, 4.3.1 has a server refuse.
# A device that serves such clients gives that much.
go_table=4096
case $(go version 2>/dev/null) in *go1.1[0-9].*) ;; *) go_table=0 ;; esac

# ---- the device serves ----

curl_echo() {
    timeout "$LIMIT" curl -sS $trust --data-binary "@$dir/upload" -H 'content-type: text/plain' -o "$dir/back" "$origin/" &&
        cmp "$dir/upload" "$dir/back"
}
# A section that is too long is answered 431, and the next request on the same session succeeds. curl 7.88 cannot use a
# cleartext session of prior knowledge twice, whoever serves it.
curl_too_long() {
    if [ "$trust" = --http2-prior-knowledge ]; then
        [ "$(timeout "$LIMIT" curl -sS $trust -o /dev/null -w '%{http_code}' -H "x-long: $long" "$origin/")" = 431 ]
        return
    fi
    [ "$(timeout "$LIMIT" curl -sS $trust -o /dev/null -w '%{http_code} ' -H "x-long: $long" "$origin/" --next \
        $trust -sS -o /dev/null -w '%{http_code} %{num_connects}' "$origin/")" = '431 200 0' ]
}
nghttp_echo() { timeout "$LIMIT" nghttp -d "$dir/upload" "$origin/" >"$dir/back" && cmp "$dir/upload" "$dir/back"; }
nghttp_indexed() { timeout "$LIMIT" nghttp -c 0 -c 4096 -d "$dir/upload" "$origin/" >"$dir/back" && cmp "$dir/upload" "$dir/back"; }

# usage: clients_of TABLE SCHEME
clients_of() {
    peer="table $1, $2"
    have curl "$peer" && {
        expect "curl, $peer: 100 kB sent before it knew the window come back as they were" curl_echo
        expect "curl, $peer: 431 for a section beyond the arena, and the session goes on" curl_too_long
    }
    have nghttp "$peer" && {
        expect "nghttp, $peer: 100 kB come back as they were" nghttp_echo
        expect "nghttp, $peer: a table that changes its size" nghttp_indexed
    }
    [ "$2" = cleartext ] || [ -z "$go" ] || [ "$1" -lt "$go_table" ] ||
        expect "Go, $peer: 100 kB, then a section beyond the arena, then 100 kB" timeout "$LIMIT" "$go" ask "$origin" "$ca"
}

# ---- the device asks ----

# usage: answers BYTES PATTERN PATH...
answers() {
    bytes=$1 pattern=$2
    shift 2
    timeout "$LIMIT" "$h2device" $table ask "$port" "$authority" "$bytes" "$@" >"$dir/said" &&
        tr '\n' ' ' <"$dir/said" | grep -Eq "$pattern" && return 0
    cat "$dir/said"
    return 1
}
page='/page: status 200, 100000 bytes, not compared, end 0'
refused='/long: status 0, 0 bytes, not compared, end -9'

# usage: servers_of TABLE SCHEME NGINX_LISTEN NGHTTPD_OPTION...
servers_of() {
    table=$1 peer="table $1, $2" nginx_listen=$3
    shift 3
    if have nginx "$peer" && start_nginx; then
        expect "nginx, $peer: 100 kB, a section beyond the arena, and 100 kB again" answers 0 "$page $refused $page" /page /long /page
    fi
    if have nghttpd "$peer" && start_nghttpd "$@"; then
        expect "nghttpd, $peer: 100 kB echoed" answers 100000 'status 200, 100000 bytes, the same, end 0' /echo
        expect "nghttpd, $peer: two pages" answers 0 "$page $page" /page /page
    fi
}

free_port() { echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000)); }

start_nginx() {
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$(free_port)
        cat >"$dir/nginx.conf" <<-END
			daemon off; master_process off; error_log stderr crit; pid $dir/nginx.pid;
			events { }
			http {
			  access_log off; client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/fastcgi;
			  uwsgi_temp_path $dir/uwsgi; scgi_temp_path $dir/scgi;
			  server {
			    listen 127.0.0.1:$port $nginx_listen http2;
			    ssl_certificate $certs/server.pem; ssl_certificate_key $certs/server.key;
			    root $dir/docs;
			    location /long { add_header x-long $half always; add_header x-longer $half always; return 200; }
			  }
			}
		END
        nginx -c "$dir/nginx.conf" -e stderr >"$dir/nginx.log" 2>&1 &
        pid=$!
        for wait in 1 2 3 4 5 6 7 8 9 10; do
            kill -0 $pid 2>/dev/null || break
            (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
            timeout 1 curl -s --http2-prior-knowledge -o /dev/null "http://127.0.0.1:$port/" && break
            timeout 1 curl -sk -o /dev/null "https://127.0.0.1:$port/" && break
            sleep 0.1
        done
        kill -0 $pid 2>/dev/null || continue
        servers="$servers $pid"
        echo nginx >"$dir/$pid.name"
        : >"$dir/$pid.log"
        return 0
    done
    failed "nginx starts"
    cat "$dir/nginx.log"
    return 1
}

start_nghttpd() {
    for attempt in 1 2 3 4 5 6 7 8; do
        start nghttpd -v --echo-upload -a 127.0.0.1 -d "$dir/docs" "$@" && port=$try && return 0
    done
    failed 'nghttpd finds a port'
    return 1
}

for table in 256 0 4096; do
    trust=--http2-prior-knowledge
    serve "$h2device" $table serve 0
    origin=http://${url#http://}
    clients_of $table cleartext
    trust="--cacert $ca"
    serve "$h2device" $table serve 0 "$certs/server.pem" "$certs/server.key"
    origin=https://localhost:${url##*:}
    clients_of $table TLS

    authority=-
    try=$(free_port)
    servers_of $table cleartext '' --no-tls "$try"
    authority=$ca
    try=$(free_port)
    servers_of $table TLS ssl "$try" "$certs/server.key" "$certs/server.pem"
    if [ -n "$go" ]; then
        serve "$go" serve "$certs/server.pem" "$certs/server.key"
        expect "Go, table $table, TLS: 100 kB, a section beyond the arena, and 100 kB again" answers 0 "$page $refused $page" /page /long /page
        expect "Go, table $table, TLS: 100 kB echoed both ways at once" answers 100000 'status 200, 100000 bytes, the same, end 0' /echo
    fi
done
[ $failures -eq 0 ]
