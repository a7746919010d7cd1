#!/bin/sh
# SPDX-License-Identifier: MIT
# A client of ours resumes what a server of another make gave it, and goes on where it is refused.
. "$(dirname "$0")/support"
have nginx "TLS sessions of nginx" || exit 0

# usage: nginx_with DIRECTIVE...
nginx_with() {
    cat >"$dir/nginx.conf" <<CONF
daemon off;
master_process off;
pid $dir/nginx.pid;
error_log stderr error;
events {}
http {
    access_log off;
    client_body_temp_path $dir/nginx-body;
    proxy_temp_path $dir/nginx-proxy;
    fastcgi_temp_path $dir/nginx-fastcgi;
    uwsgi_temp_path $dir/nginx-uwsgi;
    scgi_temp_path $dir/nginx-scgi;
    server {
        listen 127.0.0.1:$port ssl http2;
        ssl_certificate $certs/server.pem;
        ssl_certificate_key $certs/server.key;
        $*
        location / { return 200 "here"; }
    }
}
CONF
    nginx -e stderr -c "$dir/nginx.conf" >"$dir/nginx.log" 2>&1 &
    nginx_pid=$!
    servers="$servers $nginx_pid"
    echo "nginx" >"$dir/$nginx_pid.name"
    ln -sf nginx.log "$dir/$nginx_pid.log"
    tries=0
    until "$h2cat" -X GET --cacert "$ca" "https://localhost:$port/" </dev/null >/dev/null 2>&1; do
        [ $((tries += 1)) -lt 200 ] && kill -0 "$nginx_pid" 2>/dev/null || return 1
        sleep 0.05
    done
}
nginx_ends() { stop "$nginx_pid" || true; }

# usage: resumes COUNT: of six connections
resumes() { "$h2bench" --cacert "$ca" connect "https://localhost:$port/" 6 | tee "$dir/said" | grep -q " $1 resumed"; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

expect "resume: nginx gets ready" nginx_with 'ssl_protocols TLSv1.3;'
expect "resume: TLS 1.3 tickets of nginx" resumes 5
nginx_ends
expect "resume: nginx gets ready for TLS 1.2" nginx_with 'ssl_protocols TLSv1.2; ssl_session_cache shared:a:1m; ssl_session_tickets off;'
expect "resume: TLS 1.2 sessions of nginx" resumes 5
nginx_ends
expect "resume: nginx gets ready to forget" nginx_with 'ssl_protocols TLSv1.2; ssl_session_cache none;'
expect "resume: TLS 1.2 sessions that nginx does not know again" resumes 0
nginx_ends
expect "resume: nginx gets ready without sessions" nginx_with 'ssl_session_cache off; ssl_session_tickets off;'
expect "resume: TLS 1.3 without anything to resume" resumes 0
nginx_ends
[ $failures -eq 0 ]
