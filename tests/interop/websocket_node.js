// SPDX-License-Identifier: MIT
// WebSocket over HTTP/2 (RFC 8441) by node's own HTTP/2 and frames made by hand, in both roles.
// usage: node websocket_node.js talk URL     a client that has messages echoed
//        node websocket_node.js serve        a server that echoes, on a free port
'use strict';
const assert = require('assert');
const crypto = require('crypto');
const http2 = require('http2');

const CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

// RFC 6455, 5.2.
function frame(opcode, end, payload, masked) {
    const n = payload.length, mark = masked ? 0x80 : 0;
    const long = Buffer.alloc(n < 126 ? 0 : n < 65536 ? 2 : 8);
    if (long.length === 2) long.writeUInt16BE(n);
    if (long.length === 8) long.writeBigUInt64BE(BigInt(n));
    const head = Buffer.from([(end ? 0x80 : 0) | opcode, mark | (n < 126 ? n : n < 65536 ? 126 : 127)]);
    if (!masked) return Buffer.concat([head, long, payload]);
    const mask = crypto.randomBytes(4);
    return Buffer.concat([head, long, mask, payload.map((octet, i) => octet ^ mask[i % 4])]);
}

// Calls `take` with each frame of a stream; `masked` is what the peer has to do.
function frames(stream, masked, take) {
    let rest = Buffer.alloc(0);
    stream.on('data', (bytes) => {
        rest = Buffer.concat([rest, bytes]);
        for (;;) {
            if (rest.length < 2) return;
            const short = rest[1] & 0x7f, wide = short < 126 ? 0 : short === 126 ? 2 : 8, at = 2 + wide + (masked ? 4 : 0);
            if (rest.length < at) return;
            assert.equal((rest[1] & 0x80) !== 0, masked, 'masked by the client and by nobody else');
            const n = wide === 0 ? short : wide === 2 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
            if (rest.length < at + n) return;
            const mask = rest.subarray(at - 4, at), raw = rest.subarray(at, at + n);
            take({ opcode: rest[0] & 15, end: (rest[0] & 0x80) !== 0, payload: masked ? raw.map((octet, i) => octet ^ mask[i % 4]) : raw });
            rest = rest.subarray(at + n);
        }
    });
}

function serve() {
    const server = http2.createServer({ settings: { enableConnectProtocol: true } });
    server.on('stream', (stream, headers) => {
        stream.on('error', () => {});
        if (headers[':protocol'] !== 'websocket' || headers['sec-websocket-version'] !== '13') {
            stream.respond({ ':status': 400 }, { endStream: true });
            return;
        }
        stream.respond({ ':status': 200 });
        frames(stream, true, ({ opcode, end, payload }) => {
            stream.write(frame(opcode === PING ? PONG : opcode, end, payload, false));
            if (opcode === CLOSE) stream.end();
        });
    });
    server.listen(0, '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${server.address().port}`));
    process.on('SIGTERM', () => process.exit(0));
}

async function talk(url) {
    const session = http2.connect(url);
    const [settings] = await new Promise((done, fail) => session.once('remoteSettings', (...all) => done(all)).once('error', fail));
    assert(settings.enableConnectProtocol, 'the server offers extended CONNECT');
    const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', 'sec-websocket-version': '13' });
    const status = await new Promise((done, fail) => stream.once('response', (headers) => done(headers[':status'])).once('error', fail));
    assert.equal(status, 200);
    const text = Buffer.from('Grüße, 你好'), octets = crypto.randomBytes(100000);
    const messages = [];
    let parts = [], ponged = '', closed = 0;
    const done = new Promise((resolve, fail) => {
        stream.once('end', resolve).once('error', fail);
        frames(stream, false, ({ opcode, end, payload }) => {
            if (opcode === PONG) ponged = payload.toString();
            else if (opcode === CLOSE) closed = payload.readUInt16BE(0);
            else parts.push(payload);
            if (opcode >= CLOSE || !end) return;
            messages.push(Buffer.concat(parts));
            parts = [];
            if (messages.length === 2) stream.write(frame(CLOSE, true, Buffer.from([3, 232]), true));
        });
    });
    stream.write(frame(TEXT, true, text, true));
    stream.write(frame(BINARY, false, octets.subarray(0, 70000), true));
    stream.write(frame(PING, true, Buffer.from('between'), true));
    stream.write(frame(CONTINUATION, false, octets.subarray(70000, 70100), true));
    stream.write(frame(CONTINUATION, true, octets.subarray(70100), true));
    await done;
    assert(messages[0].equals(text) && messages[1].equals(octets), 'both messages come back as they were');
    assert.equal(ponged, 'between');
    assert.equal(closed, 1000);
    stream.end();
    session.close();
}

if (process.argv[2] === 'serve') serve();
else talk(process.argv[3]).catch((error) => { console.log(error.message); process.exit(1); });
