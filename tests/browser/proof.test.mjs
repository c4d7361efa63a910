// The proof that a sign-up has to bring along: done by the script, or by a wait where there is none.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';

import axe from 'axe-core';

import { BINARY, freePorts, launch, until } from './support.mjs';

const SENDER = ['--from', 'Ledger <ledger@ledger.example>', '--postal-address', '1 Quay Street'];
const SHOTS = process.env.SHOTS;

describe('the proof', { timeout: 120_000 }, () => {
  let folder;
  let service;
  let server;
  let browser;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'proof-'));
    service = `http://127.0.0.1:${await freePorts()}`;
    const env = {
      ...process.env,
      PAPERROUND__HTTP__LISTEN: service.slice('http://'.length),
      PAPERROUND__HTTP__PUBLIC_URL: service,
      PAPERROUND__SIGNUP__PROOF_OF_WORK: 'always',
    };
    const paperround = (...words) => execFileSync(BINARY, words, { cwd: folder, env });
    paperround('init');
    paperround('publication', 'create', 'ledger', '--name', 'Ledger', ...SENDER);
    server = spawn(BINARY, ['serve', '--only', 'web'], { cwd: folder, env, stdio: 'ignore' });
    await until('the service answers', 30, async () => {
      assert.equal(server.exitCode, null, 'the service ended early');
      return fetch(`${service}/ledger`).then((answer) => answer.ok, () => false);
    });
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    if (server && server.exitCode === null) {
      server.kill('SIGINT');
      await once(server, 'exit');
    }
    if (folder) await rm(folder, { recursive: true });
  });

  /** Opens the form in a window of its own, and gives that with all that the console complains of. */
  async function open(options, address = `${service}/ledger`) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 422/.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(`${error}`));
    await page.goto(address);
    return { context, page, complaints };
  }

  const press = (page) => page.getByRole('button', { name: 'Sign up' }).click();
  const taken = (page) => page.getByRole('heading', { name: /check your inbox/i }).waitFor();

  test('is done by the script while the reader types', async () => {
    const { context, page, complaints } = await open();
    await page.getByLabel('E-mail address').fill('ada@inbox.example');
    const began = Date.now();
    await press(page);
    await taken(page);
    console.log(`from the button to the answer: ${Date.now() - began} ms`);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  for (const speed of ['by and by', 'before the page is all there']) {
    test(`is asked of a form in another page, which goes on by itself, solved ${speed}`, () => goesOn(speed));
  }

  async function goesOn(speed) {
    const { context, page, complaints } = await open();
    // A clock that stands still keeps the script at it until it has found the number.
    if (speed !== 'by and by') await context.addInitScript(() => (performance.now = () => 0));
    // Any page that posts to the form; this one has neither stamp nor script.
    await page.evaluate(() => {
      document.body.innerHTML = `<form action="/ledger/subscribe" method="post">
        <input name="email" value="bob@inbox.example"><button>Get it</button></form>`;
    });
    await page.getByRole('button', { name: 'Get it' }).click();
    await taken(page);
    assert.deepEqual(complaints, []);
    // Back leads to the form and does not send it again.
    await page.goBack();
    await sleep(1500);
    assert.equal(await page.getByRole('heading', { name: /check your inbox/i }).count(), 0);
    await context.close();
  }

  test('is done in place for a form with our script', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const site = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html');
      answer.end(`<!doctype html><html lang="en"><title>Host</title>
          <form data-paperround action="${service}/ledger/subscribe" method="post">
          <label>Address <input type="email" name="email"></label><button>Get it</button></form>
          <script src="${service}/embed/ledger.js" defer></script>`);
    });
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    const host = `http://127.0.0.1:${site.address().port}/article`;
    await page.goto(host);
    for (const name of ['first', 'second']) {
      await page.getByLabel('Address').fill(`${name}@inbox.example`);
      await page.getByRole('button', { name: 'Get it' }).click();
      await page.getByRole('status').filter({ hasText: 'a mail with a link to confirm' }).waitFor();
      assert.equal(page.url(), host);
      // Another sign-up from the same page some time later.
      await page.reload();
    }
    await context.close();
    site.close();
  });

  test('is a wait where there are no scripts', async () => {
    const { context, page } = await open({ javaScriptEnabled: false });
    await page.getByLabel('E-mail address').fill('eve@inbox.example');
    const began = Date.now();
    await press(page);
    await page.locator('noscript p').waitFor();
    assert.match(await page.locator('noscript p').textContent(), /please wait 15 seconds/);
    assert.match(await page.title(), /Please check/);
    assert.equal(await page.getByLabel('E-mail address').inputValue(), 'eve@inbox.example');
    await sleep(Math.max(0, 15_500 - (Date.now() - began)));
    await press(page);
    await taken(page);
    await context.close();
  });

  test('is asked for accessibly, in 320 pixels and in the dark', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const viewport = { width: 320, height: 640 };
      const { context, page } = await open({ viewport, colorScheme, bypassCSP: true });
      // A solution that is no good, so that the page stays.
      await page.evaluate(() => {
        const form = document.querySelector('form');
        form.elements.email.value = 'carla@inbox.example';
        form.elements.altcha.value = 'bad';
        form.submit();
      });
      await page.getByText('press the button once more').waitFor();
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
      assert.ok(wide <= 320, `${wide} px wide`);
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => (await window.axe.run(document)).violations);
      assert.deepEqual(found.map((violation) => violation.id), []);
      if (SHOTS) {
        await mkdir(SHOTS, { recursive: true });
        await page.screenshot({ path: path.join(SHOTS, `proof-${colorScheme}.png`), fullPage: true });
      }
      await press(page);
      await taken(page);
      await context.close();
    }
  });
});
