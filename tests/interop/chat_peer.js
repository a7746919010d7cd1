// SPDX-License-Identifier: MIT
// Guests of tools/chat by another HTTP/2 stack, over plain connections: what the room says, and to whom.
// usage: node chat_peer.js room|refusals|slow URL CA H2CAT
'use strict';
const { spawn } = require('child_process');
const http2 = require('http2');
const fs = require('fs');

const [what, url, ca, h2cat] = process.argv.slice(2);

function check(so, why) {
    if (so) return;
    console.error(why);
    process.exit(1);
}

class Guest {
    constructor() {
        // The server listens on 127.0.0.1 alone, and localhost may be ::1 first.
        this.session = http2.connect(url, { ca: fs.readFileSync(ca), family: 4 });
        this.session.on('error', (error) => check(false, error));
        this.stream = this.session.request({ ':method': 'POST', ':path': '/chat' });
        this.heard = [];
        this.rest = '';
        this.ended = new Promise((done) => this.stream.on('close', done));
        this.stream.on('end', () => this.stream.end());
        this.stream.on('error', () => {});
        this.stream.setEncoding('utf8');
        this.stream.on('data', (text) => {
            const lines = (this.rest + text).split('\n');
            this.rest = lines.pop();
            this.heard.push(...lines.map((line) => JSON.parse(line)));
            if (this.wake) this.wake();
        });
    }
    raw(bytes) { this.stream.write(bytes); }
    send(value) { this.raw(JSON.stringify(value) + '\n'); }
    async next() {
        while (this.heard.length === 0) await new Promise((done) => { this.wake = done; });
        return this.heard.shift();
    }
    // The next thing heard has these members, and a time where one belongs.
    async hears(expected) {
        const value = await this.next();
        for (const key of Object.keys(expected))
            check(JSON.stringify(value[key]) === JSON.stringify(expected[key]),
                `expected ${JSON.stringify(expected)}, heard ${JSON.stringify(value)}`);
        if (['welcome', 'joined', 'left', 'post'].includes(value.type))
            check(Math.abs(value.time - Date.now()) < 3600e3, `no time of today: ${JSON.stringify(value)}`);
        return value;
    }
    static async in(name) {
        const guest = new Guest();
        guest.send({ type: 'join', name });
        await guest.hears({ type: 'welcome', name });
        return guest;
    }
    async leave() {
        this.stream.end();
        await this.ended;
        this.session.close();
    }
}

async function room() {
    const anna = await Guest.in('anna');
    const bert = new Guest();
    bert.send({ type: 'join', name: 'Anna' });
    await bert.hears({ type: 'refused', why: 'that name is taken; choose another' });
    bert.send({ type: 'join', name: 'bert' });
    const welcome = await bert.hears({ type: 'welcome', name: 'bert' });
    check(welcome.guests.sort().join() === 'anna,bert', 'the welcome names who is there');
    await anna.hears({ type: 'joined', name: 'bert' });
    const text = 'Grüße, 你好 \u{1f469}\u200d\u{1f680} "</script>"';
    anna.send({ type: 'post', text });
    for (const guest of [anna, bert]) await guest.hears({ type: 'post', from: 'anna', text });
    bert.send({ type: 'post', text: 'hi' });
    for (const guest of [anna, bert]) await guest.hears({ type: 'post', from: 'bert', text: 'hi' });
    await bert.leave();
    await anna.hears({ type: 'left', name: 'bert' });
    // One whose connection is lost leaves too, and the name is free again.
    const carl = await Guest.in('carl');
    await anna.hears({ type: 'joined', name: 'carl' });
    carl.session.destroy();
    await anna.hears({ type: 'left', name: 'carl' });
    const again = await Guest.in('carl');
    await again.leave();
    await anna.leave();
}

async function refusals() {
    const guest = new Guest();
    const join = (name) => JSON.stringify({ type: 'join', name }) + '\n';
    const post = (text) => JSON.stringify({ type: 'post', text }) + '\n';
    const before = [
        ['no JSON', 'hello\n', 'error'],
        ['no object', '[1]\n', 'error'],
        ['an empty line', '\n', 'error'],
        ['no UTF-8', Buffer.from('{"type":"join","name":"\xff"}\n', 'latin1'), 'error'],
        ['depth', '['.repeat(10000) + '\n', 'error'],
        ['a type nobody knows', '{"type":"sing"}\n', 'error'],
        ['a name that is a number', '{"type":"join","name":7}\n', 'error'],
        ['NUL in a name', join('a\0b'), 'error'],
        ['a post before the join', post('hello'), 'error'],
        ['no letter', join(''), 'refused'],
        ['a space in front', join(' anna'), 'refused'],
        ['an escape sequence', join('an\x1b[2Jna'), 'refused'],
        ['a mark of direction', join('an\u202ena'), 'refused'],
        ['25 letters', join('ä'.repeat(25)), 'refused'],
        ['24 letters', join('ä'.repeat(24)), 'welcome'],
        ['a second join', join('else'), 'refused'],
        ['nothing to see', post('   '), 'error'],
        ['an escape sequence in a post', post('\x1b]0;owned\x07'), 'error'],
        ['4,001 octets', post('x'.repeat(4001)), 'error'],
        ['4,000 octets', post('x'.repeat(4000)), 'post'],
    ];
    for (const [label, bytes, type] of before) {
        guest.raw(bytes);
        const value = await guest.next();
        check(value.type === type, `${label}: ${JSON.stringify(value)}`);
    }
    guest.raw('x'.repeat(40000));
    check((await guest.next()).type === 'error', 'a line without end is complained about');
    await guest.ended;
    guest.session.close();
}

// Two guests read nothing, nor does a WebSocket. The room goes on, in order, and they are dropped: one reads what it is
// told at last, the others are reset.
async function slow() {
    const speakers = [];
    for (let i = 0; i < 16; i++) speakers.push(await Guest.in(`speaker ${i}`));
    const listener = await Guest.in('listener');
    const idle = [await Guest.in('late'), await Guest.in('deaf')];
    await listener.hears({ type: 'joined', name: 'late' });
    await listener.hears({ type: 'joined', name: 'deaf' });
    for (const guest of idle) guest.stream.pause();
    // Its stdout is a pipe that is not read.
    const stuck = spawn(h2cat, ['--cacert', ca, '--websocket', url + '/chat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    stuck.stdin.write('{"type":"join","name":"stuck"}\n');
    await listener.hears({ type: 'joined', name: 'stuck' });
    const gone = new Set();
    for (let i = 0; i < 224; i++) {
        const text = `${i} `.padEnd(4000, 'x');
        speakers[i % 16].send({ type: 'post', text });
        for (;;) {
            const value = await listener.next();
            if (value.type === 'left') { gone.add(value.name); continue; }
            check(value.type === 'post' && value.text === text, `post ${i}: ${JSON.stringify(value).slice(0, 80)}`);
            break;
        }
    }
    while (gone.size < 3) gone.add((await listener.hears({ type: 'left' })).name);
    check(['late', 'deaf', 'stuck'].every((name) => gone.has(name)), `left: ${[...gone]}`);
    stuck.kill('SIGKILL');
    const [late, deaf] = idle;
    late.stream.resume();
    await Promise.all([late.ended, deaf.ended]);
    check(deaf.stream.rstCode === http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, `code ${deaf.stream.rstCode}`);
    const last = late.heard.pop();
    check(last.type === 'dropped' || late.stream.rstCode === http2.constants.NGHTTP2_ENHANCE_YOUR_CALM,
        `last heard: ${JSON.stringify(last).slice(0, 80)}`);
    for (const guest of [...speakers, listener, ...idle]) guest.session.destroy();
}

({ room, refusals, slow })[what]().then(() => process.exit(0), (error) => check(false, error.stack));
