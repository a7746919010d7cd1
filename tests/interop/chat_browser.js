// SPDX-License-Identifier: MIT
// The chat's page in a headless Chromium. Steps come on stdin, a line each, and are answered "ok"
// or with what was wrong: `steps` has them all.
// usage: node chat_browser.js CHROMIUM PROFILE-FOLDER URL
'use strict';
const fs = require('fs');
const readline = require('readline');
const { answers, sockets, call, evaluate, until, open, close } = require('./browser.js');

const url = process.argv[4];

const seen = (text) => `document.body.innerText.includes(${JSON.stringify(text)})`;

// As a person does it: a key for the text, and Enter.
async function type(id, text) {
    await evaluate(`document.getElementById('${id}').focus(); document.getElementById('${id}').select()`);
    await call('Input.insertText', { text });
    for (const type of ['keyDown', 'keyUp'])
        await call('Input.dispatchKeyEvent', { type, key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: type === 'keyDown' ? '\r' : undefined });
}

const steps = {
    enter: (name) => type('name', name),
    refused: (text) => until(`!document.getElementById('login').hidden && ${seen(text)}`),
    inside: () => until("!document.getElementById('room').hidden"),
    say: (text) => type('text', text),
    shows: (text) => until(seen(text)),
    // A post: its author, a time, its text, and no element that came with it.
    async post(words) {
        const [from, ...text] = words.split(' ');
        await until(`[...document.querySelectorAll('#log .post')].some((post) => post.querySelector('b').textContent === '${from}' &&
            post.querySelector('p').textContent === ${JSON.stringify(text.join(' '))} && /^\\d\\d:\\d\\d/.test(post.querySelector('time').textContent))`);
    },
    // Away from the end of what was said, as who reads back is; what comes then is counted, until it is looked at.
    back: () => until("document.getElementById('log').scrollTop = 0, document.title === 'Chat' && !atEnd"),
    unread: (n) => until(`!document.getElementById('unread').hidden && document.title === '(${n}) Chat' &&
        document.getElementById('unread').textContent.endsWith('${n} new') && document.getElementById('log').scrollTop === 0`),
    async read() {
        await evaluate("document.getElementById('unread').click()");
        await until("document.getElementById('unread').hidden && document.title === 'Chat' && atEnd && document.activeElement.id === 'text'");
    },
    away: () => until(`${seen('connecting again')} && document.getElementById('send').disabled && document.getElementById('text').disabled`),
    present: () => until("!document.getElementById('text').disabled"),
    guests: (names) => until(`[...document.querySelectorAll('#guests li')].map((li) => li.textContent).join() === '${names}'`),
    // One HTTP/2 connection carries the page and the WebSocket.
    async protocol() {
        const page = answers.find((answer) => answer.url === url + '/');
        if (!page || page.protocol !== 'h2') throw new Error(`the page came by ${page && page.protocol}`);
        if (sockets.length === 0 || sockets[0].status !== 200) throw new Error(`a WebSocket of HTTP/2 is answered 200: ${JSON.stringify(sockets)}`);
    },
    size(words) {
        const [width, height] = words.split(' ').map(Number);
        return call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    },
    async picture(file) {
        const { data } = await call('Page.captureScreenshot', { format: 'png' });
        fs.writeFileSync(file, Buffer.from(data, 'base64'));
    },
};

async function main() {
    await open(url + '/');
    await until("document.getElementById('name') !== null");
    console.log('ok');
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const [step, ...words] = line.split(' ');
        try {
            await steps[step](words.join(' '));
            console.log('ok');
        } catch (error) { console.log(error.message.replace(/\s+/g, ' ')); }
    }
    close();
}
main().catch((error) => { console.log(error.message); close(); });
