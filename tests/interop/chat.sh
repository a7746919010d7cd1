#!/bin/sh
# SPDX-License-Identifier: MIT
# The chat room of tools/chat: what it says, by node; a WebSocket, by h2cat; terminals, in tmux; the page, in Chromium.
. "$(dirname "$0")/support"
chat=$BUILD/chat
[ -x "$chat/chat_server" ] || {
    skip "chat: it was left out when building"
    exit 0
}

# usage: run_server PORT
run_server() { serve "$chat/chat_server" --cert "$certs/server.pem" --key "$certs/server.key" "https://127.0.0.1:$1"; }
run_server 0
room=https://localhost:$port

if have node 'chat, the protocol'; then
    expect "chat: names, joins, posts and leaves are told to all" timeout "$LIMIT" node "$here/chat_peer.js" room "$room" "$ca"
    expect "chat: what is no name or no post is refused, and the guest stays" timeout "$LIMIT" node "$here/chat_peer.js" refusals "$room" "$ca"
    expect "chat: who does not read is dropped, and the others never wait" timeout "$LIMIT" node "$here/chat_peer.js" slow "$room" "$ca" "$h2cat"
fi

page() { timeout "$LIMIT" "$h2cat" --cacert "$ca" -X GET "$room/" </dev/null | cmp - "$here/../../tools/chat/chat_page.html"; }
foreign() { timeout "$LIMIT" "$h2cat" --cacert "$ca" --websocket -H "origin: $1" "$room/chat" </dev/null; }
is_foreign() { foreign "$1" >"$dir/said" 2>&1; [ $? -eq 4 ] && grep -q 403 "$dir/said"; }
websocket() {
    printf '%s\n' '{"type":"join","name":"wanda"}' '{"type":"post","text":"hello"}' '{"type":"post","text":"bye"}' |
        timeout "$LIMIT" "$h2cat" --cacert "$ca" --websocket "$room/chat" | sed 's/,"time":[0-9]*//' >"$dir/heard"
    head -n 1 "$dir/heard" | grep -qx '{"type":"welcome","name":"wanda","guests":\["wanda"\]}'
}
expect "chat: the page is served" page
expect "chat: a WebSocket is in the room" websocket
expect "chat: a page of another site is refused" is_foreign https://evil.example
expect "chat: a page of a site whose name ends alike is refused" is_foreign "https://evil.localhost:$port"
expect "chat: the own page is not refused" foreign "$room"

# ---- terminals ----

# tmux with a server of its own, ended by the script's end.
terminal() { tmux -S "$dir/tmux" -f /dev/null "$@"; }
trap 'terminal kill-server 2>/dev/null; clean' EXIT
# usage: shows PANE REGEX: wait until a line of the pane matches
shows() {
    tries=0
    until terminal capture-pane -p -t "$1" | grep -qE "$2"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { terminal capture-pane -p -t "$1"; return 1; }
        sleep 0.1
    done
}
types() { terminal send-keys -t "$1" -l "$2" && terminal send-keys -t "$1" Enter; }
# usage: sit PANE SIZE OPTION...
sit() {
    pane=$1 columns=$2
    shift 2
    terminal new-session -d -s "$pane" -x "$columns" -y 20 \
        "LC_ALL=C.UTF-8 '$chat/chat_client' $* --cacert '$ca' '$room'; echo \"left with \$?\"; cat"
}
log_in() {
    sit anna 90 && shows anna 'What is your name' && types anna ' x' && shows anna 'neither begins nor ends' &&
        types anna anna && shows anna 'you are in the room' && sit bert 50 --name Anna && shows bert 'is taken; choose another' &&
        types bert bert && shows bert 'you are in the room' && shows anna '→ │ bert joined' && shows anna '│ bert *$'
}
talk() {
    types anna 'Grüße, 你好' && shows bert '[0-9]:[0-9][0-9] +anna │ Grüße, 你好' && shows anna 'anna │ Grüße, 你好' &&
        terminal send-keys -t bert -l 'hallo wrong' && terminal send-keys -t bert C-w && types bert welt &&
        shows anna 'bert │ hallo welt'
}
# What comes while a guest reads back is counted, and moves nothing; a text without spaces is broken where the row ends.
reads_back() {
    for row in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do types bert "row $row"; done
    shows anna 'bert │ row 20' && terminal send-keys -t anna PPage && shows anna '^── more below' || return 1
    terminal capture-pane -p -t anna | head -n 18 >"$dir/before"
    types bert '你好，世界！ 今天天气很好我们一起去公园散步吧然后去喝咖啡' && shows anna '^── 1 new below: Page Down' || return 1
    terminal capture-pane -p -t anna | head -n 18 | diff "$dir/before" - && terminal send-keys -t anna NPage NPage &&
        shows anna '^───.*───' && shows anna 'bert │ 你好，世界！ 今天' && shows bert 'bert │ 你好，世界！ 今天天气'
}
leave() { terminal send-keys -t bert C-c && shows bert 'left with 0' && shows anna '← │ bert left'; }
if have tmux 'chat, the terminal client'; then
    expect "chat: a terminal logs in; a name that is taken is refused" log_in
    expect "chat: terminals see each other's posts, with time and author" talk
    expect "chat: a terminal that reads back stays where it is" reads_back
    expect "chat: leaving a terminal is announced" leave
fi
no_terminal() { "$chat/chat_client" --cacert "$ca" "$room" </dev/null >"$dir/said" 2>&1; [ $? -ne 0 ] && grep -q 'needs a terminal' "$dir/said"; }
expect "chat: without a terminal the client says so" no_terminal

# ---- the page in a browser ----

# usage: page_does STEP...: the browser does this and says ok
page_does() {
    echo "$*" >&6
    read -r answer <&7 || answer='the browser ended'
    [ "$answer" = ok ] || { echo "$*: $answer"; return 1; }
}
enter_page() {
    sit dora 90 --name dora && shows dora 'you are in the room' || return 1
    page_does enter DORA && page_does refused 'That name is taken' && page_does enter emil && page_does inside &&
        page_does guests anna,dora,emil && shows dora '→ │ emil joined' && shows anna '→ │ emil joined'
}
page_talks() {
    page_does say 'Grüße aus <b>dem</b> Browser' && shows dora '[0-9]:[0-9][0-9] +emil │ Grüße aus <b>dem</b> Browser' &&
        page_does post 'emil Grüße aus <b>dem</b> Browser' && types dora 'hello page' && page_does post 'dora hello page'
}
page_hears_leaving() { terminal send-keys -t dora C-c && page_does shows 'dora left' && page_does guests anna,emil; }
page_reads_back() {
    for row in 1 2 3 4 5; do types dora "row $row"; done
    page_does shows 'row 5' && page_does size 400 320 && page_does back && types dora 'not seen yet' && page_does unread 1 && page_does read && page_does size 1000 640
}
page_returns() { page_does present && page_does guests anna,emil && page_does say back && page_does post 'emil back'; }
page_closes() {
    sit frida 90 --name frida && shows frida '│ emil *$' || return 1
    exec 6>&-
    await "$browser"
    shows frida '← │ emil left'
}

browser=
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$chromium" ]; then
    skip "chat, the page: chromium is not installed"
elif have node 'chat, the page' && have tmux 'chat, the page with a terminal'; then
    mkfifo "$dir/steps" "$dir/answers"
    timeout 200 node "$here/chat_browser.js" "$chromium" "$dir/profile" "$room" <"$dir/steps" >"$dir/answers" 2>"$dir/browser.log" &
    browser=$!
    servers="$servers $browser"
    exec 6>"$dir/steps" 7<"$dir/answers"
    read -r answer <&7
    expect "chat: Chromium loads the page" test "$answer" = ok
    expect "chat: the page logs in beside terminals; a name that is taken is refused" enter_page
    expect "chat: the page and its WebSocket are HTTP/2" page_does protocol
    expect "chat: page and terminals see each other's posts, as text" page_talks
    expect "chat: a page that reads back is told what is new" page_reads_back
    expect "chat: the page hears who leaves" page_hears_leaving
fi

# ---- the server's end ----

# What is typed meanwhile stays, to be sent when the guest is back.
lost() {
    stop "$pid"
    shows anna '! │ the ' && shows anna '^── connecting again' && types anna 'when I am back' && shows anna '› when I am back'
}
returns() {
    tries=0
    while terminal capture-pane -p -t anna | grep -q 'connecting again'; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || { terminal capture-pane -p -t anna; return 1; }
        sleep 0.1
    done
    terminal send-keys -t anna Enter && shows anna 'anna │ when I am back'
}
command -v tmux >/dev/null && expect "chat: a terminal says that the server has gone, and keeps what is typed" lost
[ -n "$browser" ] && expect "chat: the page says that the server has gone" page_does away
run_server "$port" 6>&- 7<&-
command -v tmux >/dev/null && expect "chat: a terminal is in the room again when the server is back" returns
[ -n "$browser" ] && {
    expect "chat: the page is in the room again when the server is back" page_returns
    expect "chat: a page that is closed leaves the room" page_closes
}
[ $failures -eq 0 ]
