// SPDX-License-Identifier: MIT
// A client that talks to an echo server in both directions at once.
// usage: node node_client.js URL [CA]
'use strict';
const http2 = require('http2');
const crypto = require('crypto');
const fs = require('fs');

const [url, ca] = process.argv.slice(2);
const session = http2.connect(url, ca ? { ca: fs.readFileSync(ca) } : {});
session.on('error', fail);

function fail(why) {
    console.error(String(why));
    process.exit(1);
}

function open() {
    const stream = session.request({ ':method': 'POST', ':path': '/echo' });
    stream.on('error', fail);
    return stream;
}

// Every question is asked when the answer to the one before is there: nothing may wait for the end of the request.
function converse(rounds) {
    return new Promise((done) => {
        const stream = open();
        let round = 0, expected = '', got = '';
        const ask = () => { expected = `question ${round}\n`; got = ''; stream.write(expected); };
        stream.setEncoding('utf8');
        stream.on('response', (headers) => { if (headers[':status'] !== 200) fail('status ' + headers[':status']); ask(); });
        stream.on('data', (text) => {
            got += text;
            if (got.length < expected.length) return;
            if (got !== expected) fail(`asked ${expected}, got ${got}`);
            if (++round < rounds) ask(); else stream.end();
        });
        stream.on('end', () => round === rounds ? done() : fail(`ended after ${round} rounds`));
    });
}

// Many bytes both ways at once; digests are compared.
function bulk(bytes) {
    return new Promise((done) => {
        const stream = open();
        const sent = crypto.createHash('sha256'), got = crypto.createHash('sha256');
        let left = bytes;
        const more = () => {
            while (left > 0) {
                const chunk = crypto.randomBytes(Math.min(left, 65536));
                left -= chunk.length;
                sent.update(chunk);
                if (!stream.write(chunk)) return stream.once('drain', more);
            }
            stream.end();
        };
        stream.on('data', (chunk) => got.update(chunk));
        stream.on('end', () => got.digest('hex') === sent.digest('hex') ? done() : fail('the bytes differ'));
        more();
    });
}

(async () => {
    await converse(50);
    await Promise.all(Array.from({ length: 50 }, () => converse(10)));
    await bulk(16 << 20);
    await Promise.all(Array.from({ length: 10 }, () => bulk(1 << 20)));
    session.close();
})().catch(fail);
