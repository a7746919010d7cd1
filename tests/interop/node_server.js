// SPDX-License-Identifier: MIT
// A server for h2cat. /echo gives back what comes; /early answers without reading; /half ends its half first and then counts
// what comes; /halved tells how many bytes that were; /reset resets; /gone answers 410 with a text; /silent never answers; /fields gives the request's fields as lines.
// usage: node node_server.js [KEY CERT]
'use strict';
const http2 = require('http2');
const fs = require('fs');

const [key, cert] = process.argv.slice(2);
const server = key
    ? http2.createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) })
    : http2.createServer();

let counted;
const count = new Promise((resolve) => { counted = resolve; });

const paths = {
    '/echo': (stream) => { stream.respond({ ':status': 200 }); stream.pipe(stream); },
    '/early': (stream) => { stream.respond({ ':status': 200 }); stream.end('early\n'); },
    '/half': (stream) => {
        let bytes = 0;
        stream.respond({ ':status': 200 });
        stream.end('over\n');
        stream.on('data', (chunk) => { bytes += chunk.length; });
        stream.on('end', () => counted(bytes));
    },
    '/halved': (stream) => { stream.respond({ ':status': 200 }); count.then((bytes) => stream.end(`${bytes}\n`)); },
    '/reset': (stream) => { stream.respond({ ':status': 200 }); stream.write('then', () => stream.destroy(new Error())); },
    '/gone': (stream) => { stream.respond({ ':status': 410 }); stream.end('gone\n'); stream.resume(); },
    '/silent': () => {},
    '/fields': (stream, headers) => {
        stream.respond({ ':status': 200 });
        stream.end(Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`).join(''));
    },
};

server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    (paths[headers[':path']] || paths['/gone'])(stream, headers);
});
server.listen(0, '127.0.0.1', () => {
    console.log(`listening on ${key ? 'https' : 'http'}://127.0.0.1:${server.address().port}`);
});
