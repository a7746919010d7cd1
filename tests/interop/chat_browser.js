// SPDX-License-Identifier: MIT
// The chat's page in a headless Chromium, by its debugging port. Steps come on stdin, a line each, and are answered "ok"
// or with what was wrong: `steps` has them all.
// usage: node chat_browser.js CHROMIUM PROFILE-FOLDER URL
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');
const readline = require('readline');

const [program, profile, url] = process.argv.slice(2);
const STEP_MS = 20000;

// ---- the debugging protocol: JSON and a NUL each, on descriptors 3 and 4 ----

const browser = spawn(program, ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
    '--disable-background-networking', '--disable-extensions', '--ignore-certificate-errors', '--window-size=1000,640',
    `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'],
{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
browser.on('exit', () => process.exit(0));
let nextId = 0, rest = '', sessionId;
const waiting = new Map(), sockets = [], answers = [];
browser.stdio[4].setEncoding('utf8').on('data', (text) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop();
    for (const message of messages.map((one) => JSON.parse(one))) {
        if (message.method === 'Network.webSocketHandshakeResponseReceived') sockets.push(message.params.response);
        if (message.method === 'Network.responseReceived') answers.push(message.params.response);
        const done = waiting.get(message.id);
        waiting.delete(message.id);
        if (done) done(message);
    }
});

function call(method, params = {}) {
    return new Promise((done, fail) => {
        const id = ++nextId;
        waiting.set(id, (message) => message.error ? fail(new Error(`${method}: ${message.error.message}`)) : done(message.result));
        browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
    });
}

async function evaluate(expression) {
    const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception.description);
    return result.value;
}

async function until(expression) {
    for (const end = Date.now() + STEP_MS; Date.now() < end;) {
        if (await evaluate(expression)) return;
        await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`not so: ${expression}; the page shows: ${await evaluate('document.body.innerText')}`);
}

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
    const { targetInfos } = await call('Target.getTargets');
    const page = targetInfos.find((one) => one.type === 'page');
    ({ sessionId } = await call('Target.attachToTarget', { targetId: page.targetId, flatten: true }));
    await call('Page.enable');
    await call('Network.enable');
    await call('Page.navigate', { url: url + '/' });
    await until("document.readyState === 'complete' && document.getElementById('name') !== null");
    console.log('ok');
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const [step, ...words] = line.split(' ');
        try {
            await steps[step](words.join(' '));
            console.log('ok');
        } catch (error) { console.log(error.message.replace(/\s+/g, ' ')); }
    }
    browser.kill();
}
main().catch((error) => { console.log(error.message); browser.kill(); });
