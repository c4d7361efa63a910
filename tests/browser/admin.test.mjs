// The operators' pages in a browser: from the first start to being signed in, by keyboard, and every page
// in every light and width. A page that is new is one line in `admin-pages.mjs`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { PHONE, WIDE, look, watched } from './admin-look.mjs';
import { prepareIssues } from './admin-issues.mjs';
import { DOORS, PAGES } from './admin-pages.mjs';
import { PASSWORD, focused, press, totp } from './admin-support.mjs';
import { BINARY, launch, until } from './support.mjs';
import { Service } from './service.mjs';

describe('the operators pages', { timeout: 900_000 }, () => {
  const world = {};
  let browser;

  before(async () => {
    const service = await Service.start();
    Object.assign(world, { service, url: service.url, world });
    const sender = ['--from', 'Ledger <ledger@ledger.example>', '--postal-address', '1 Quay Street'];
    service.run('publication', 'create', 'ledger', '--name', 'The Harbour Ledger', '--timezone', 'Europe/Berlin', ...sender);
    service.run('publication', 'create', 'evening', '--name', 'The Evening', ...sender);
    service.run('topic', 'add', 'ledger', 'energy', '--name', 'Energy');
    service.run('feed', 'add', 'ledger', 'https://ledger.example/feed.xml', '--unchecked', '--map', 'Oil & Gas=energy');
    service.run('feed', 'pause', JSON.parse(service.run('feed', 'list', '--json')).id);
    service.run('digest', 'create', 'ledger', 'daily', '--name', 'Daily', '--cron', '0 7 1 1 *');
    const articles = ['Wind auction draws eleven bidders', 'A berth opens', 'The lock is mended'].map((title, n) => ({
      title, url: `https://ledger.example/${n}`, summary_markdown: `About it: ${title}.`, topics: n ? [] : ['energy'],
    }));
    await writeFile(path.join(service.folder, 'articles.json'), JSON.stringify(articles));
    service.run('article', 'add', 'ledger', 'articles.json');
    await prepareIssues(service);
    // What `serve` prints at its first start.
    service.process = spawn(BINARY, ['serve'], { cwd: service.folder, env: service.env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    service.process.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    world.welcome = await until('the first link', 30, () => said.match(/http:\S+\/admin\/welcome\/\S+/)?.[0]);
    await until('the service answers', 30, () => fetch(`${service.url}/healthz`).then((a) => a.ok, () => false));
    browser = await launch();
    world.context = await browser.newContext({ viewport: WIDE, locale: 'en-GB' });
    world.context.setDefaultTimeout(15_000);
    world.page = await watched(world, world.context);
  });

  after(async () => {
    await browser?.close();
    const { service } = world;
    if (service?.process) await Promise.all([once(service.process, 'exit'), service.process.kill('SIGINT')]);
    await service?.stop();
  });

  test('the first owner comes in by keyboard alone', async () => {
    const { page } = world;
    await page.goto(world.welcome);
    await look(world, 'welcome');
    await page.locator('#email').focus();
    await page.keyboard.type('ann@ops.example');
    await page.keyboard.press('Tab');
    await page.keyboard.type('short');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#password').evaluate((field) => field.validity.tooShort), true);
    await page.keyboard.press('Control+A');
    await page.keyboard.type(PASSWORD);
    await Promise.all([page.waitForURL(/\/admin$/), page.keyboard.press('Enter')]);
    // The first stop leads past the navigation.
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the page');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.goto(world.welcome);
    await page.getByRole('heading', { name: 'This link has ended' }).waitFor();
    await page.goto(`${world.url}/admin`);
    const stops = [];
    for (let n = 0; n < 60 && !stops.includes('My account'); n += 1) {
      await page.keyboard.press('Tab');
      stops.push(await focused(page));
    }
    for (const stop of ['Switch', 'Search', 'Sign out', 'Today', 'Operators', 'My account']) {
      assert.ok(stops.includes(stop), `${stop} is not among ${stops}`);
    }
  });

  for (const [name, open] of PAGES) {
    test(name, async () => {
      await open(world);
      await world.page.waitForLoadState('load');
      await look(world, name);
    });
  }

  test('one switches the publication, on a phone by the menu, and without script', async () => {
    const context = await browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
    await context.addCookies(await world.context.cookies());
    const page = await context.newPage();
    await page.goto(`${world.url}/admin`);
    await page.getByText('Menu', { exact: true }).click();
    await page.locator('.menu .switch select').selectOption('evening');
    await page.getByRole('button', { name: 'Switch' }).click();
    assert.equal(await page.locator('.menu .switch option[selected]').getAttribute('value'), 'evening');
    await page.getByText('Menu', { exact: true }).click();
    await page.locator('.menu').getByRole('link', { name: 'Audit log' }).click();
    await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
    await context.close();
  });

  test('a stolen session is seen and revoked', async () => {
    const thief = await browser.newContext({ viewport: WIDE, userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/130.0' });
    const { page, url } = world;
    await page.goto(`${url}/admin/account`);
    const before = await page.locator('tbody tr').count();
    const stolen = await thief.newPage();
    await stolen.goto(`${url}/admin/sign-in`);
    await stolen.locator('#email').fill('ann@ops.example');
    await stolen.locator('#password').fill(PASSWORD);
    await press(stolen, 'Sign in');
    // A code counts once: the next one comes within half a minute.
    await until('a fresh code', 60, async () => {
      await stolen.locator('#code').fill(totp(world.secret));
      await press(stolen, 'Sign in');
      return stolen.url().endsWith('/admin');
    });
    await page.reload();
    assert.equal(await page.locator('tbody tr').count(), before + 1);
    await page.getByRole('button', { name: /End the session of Firefox on Windows/ }).click();
    await page.getByText('The session has ended.').waitFor();
    await stolen.goto(`${url}/admin/operators`);
    assert.match(stolen.url(), /\/admin\/sign-in\?next=/);
    await thief.close();
  });

  test('one signs out, and everything is shut', async () => {
    const { page, url } = world;
    await page.goto(`${url}/admin`);
    await press(page, 'Sign out');
    await page.getByText('You are signed out.').waitFor();
    await page.goto(`${url}/admin/operators`);
    assert.match(page.url(), /\/admin\/sign-in\?next=/);
  });

  for (const [name, open] of DOORS) {
    test(name, async () => {
      await open(world);
      await world.page.waitForLoadState('load');
      await look(world, name);
    });
  }
});
