// SPDX-License-Identifier: MIT
// A headless Chromium, driven by its debugging port: JSON and a NUL each, on descriptors 3 and 4.
'use strict';
const { spawn } = require('child_process');

const STEP_MS = 20000;

const [program, profile] = process.argv.slice(2);
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

// The value of an expression in the page, awaited.
async function evaluate(expression) {
    const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
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

async function open(url) {
    const { targetInfos } = await call('Target.getTargets');
    const page = targetInfos.find((one) => one.type === 'page');
    ({ sessionId } = await call('Target.attachToTarget', { targetId: page.targetId, flatten: true }));
    await call('Page.enable');
    await call('Network.enable');
    await call('Page.navigate', { url });
    await until(`document.readyState === 'complete' && location.href === ${JSON.stringify(url)}`);
}

module.exports = { answers, sockets, call, evaluate, until, open, close: () => browser.kill() };
