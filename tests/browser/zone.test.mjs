// The time zone that the browser tells at sign-up, where a digest goes out at local time.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { BINARY, freePorts, launch, until } from './support.mjs';

const SENDER = ['--from', 'Ledger <ledger@ledger.example>', '--postal-address', '1 Quay Street'];

describe('the time zone', { timeout: 120_000 }, () => {
  let folder;
  let service;
  let server;
  let browser;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'zone-'));
    service = `http://127.0.0.1:${await freePorts()}`;
    const env = {
      ...process.env,
      PAPERROUND__HTTP__LISTEN: service.slice('http://'.length),
      PAPERROUND__HTTP__PUBLIC_URL: service,
    };
    const paperround = (...words) => execFileSync(BINARY, words, { cwd: folder, env });
    paperround('init');
    for (const [publication, ...local] of [['waves', '--local-time'], ['instant']]) {
      paperround('publication', 'create', publication, '--name', publication, ...SENDER);
      const digest = ['--name', 'Daily', '--cron', '0 7 * * *', ...local];
      paperround('digest', 'create', publication, 'daily', ...digest);
    }
    server = spawn(BINARY, ['serve', '--only', 'web'], { cwd: folder, env, stdio: 'ignore' });
    await until('the service answers', 30, async () => {
      assert.equal(server.exitCode, null, 'the service ended early');
      return fetch(`${service}/waves`).then((answer) => answer.ok, () => false);
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

  /** Signs up, and gives the zone that the form has sent. */
  async function zoneSent(publication, options) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(`${error}`));
    page.setDefaultTimeout(8000);
    await page.goto(`${service}/${publication}`);
    await page.getByLabel('E-mail address').fill('ada@inbox.example');
    const posted = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Sign up' }).click();
    const sent = new URLSearchParams((await posted).postData());
    await page.getByRole('heading', { name: /check your inbox/i }).waitFor();
    await context.close();
    assert.deepEqual(complaints, []);
    return sent.get('timezone');
  }

  test('is told by the form of a digest at local time', async () => {
    assert.equal(await zoneSent('waves', { timezoneId: 'Asia/Tokyo' }), 'Asia/Tokyo');
    assert.equal(await zoneSent('waves', { timezoneId: 'America/St_Johns' }), 'America/St_Johns');
  });

  test('stays unsaid without scripts', async () => {
    const options = { timezoneId: 'Asia/Tokyo', javaScriptEnabled: false };
    assert.equal(await zoneSent('waves', options), '');
  });

  test('is not asked for where a digest goes to all at once', async () => {
    assert.equal(await zoneSent('instant', { timezoneId: 'Asia/Tokyo' }), null);
  });
});
