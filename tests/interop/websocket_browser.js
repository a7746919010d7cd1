// SPDX-License-Identifier: MIT
// A page's WebSocket with a server that gives messages back: octets and text of all sizes come back as they were, and the
// close handshake is whole, by HTTP/2. Says "ok" or what was wrong.
// usage: node websocket_browser.js CHROMIUM PROFILE-FOLDER URL text|binary
'use strict';
const { sockets, evaluate, open, close } = require('./browser.js');

const [url, kind] = process.argv.slice(4);

// In the page. The session that it came by is there, which a WebSocket of HTTP/2 needs.
async function talk(url, kind) {
    const octets = (n) => Uint8Array.from({ length: n }, (_, i) => i * 31 + (i >> 8));
    const sent = kind === 'binary' ? [octets(1), octets(125), octets(126), octets(65535), octets(65536), octets(3000000)]
        : ['', 'x', 'Gr\u00fc\u00dfe \u4f60\u597d \u{1f389}', 'x'.repeat(65536) + '\u00e9', '\ufffd'];
    const socket = new WebSocket(url.replace('https', 'wss'));
    socket.binaryType = 'arraybuffer';
    const ended = new Promise((done) => { socket.onclose = done; });
    let heard = [], wanted = sent.join('');
    socket.onopen = () => sent.forEach((one) => socket.send(one));
    let length = 0;
    const total = kind === 'binary' ? sent.reduce((n, one) => n + one.length, 0) : wanted.length;
    socket.onmessage = ({ data }) => {
        heard.push(kind === 'binary' ? new Uint8Array(data) : data);
        length += heard.at(-1).length;
        if (length >= total && (kind === 'binary' || heard.length === sent.length)) socket.close(3000, 'enough');
    };
    const end = await ended;
    if (!end.wasClean || end.code !== 3000) return `the end: ${end.code} ${end.reason} after ${length} of ${total}`;
    if (kind === 'text') return heard.join('|') === sent.join('|') ? 'ok' : 'the text differs';
    // A message of octets may come back as several.
    const flat = (list) => list.flatMap((one) => Array.from(one));
    const [a, b] = [flat(sent), flat(heard)];
    return a.length === b.length && a.every((octet, i) => octet === b[i]) ? 'ok' : 'the octets differ';
}

async function main() {
    await open(url + '/');
    const said = await evaluate(`(${talk})(${JSON.stringify(url)}, '${kind}')`);
    console.log(sockets[0]?.status === 200 ? said : `a WebSocket of HTTP/2 is answered 200: ${JSON.stringify(sockets)}`);
    close();
}
main().catch((error) => { console.log(error.message); close(); });
