// Every page that readers see, looked at with the same eyes: accessible by axe-core in the light and in
// the dark, wide and 320 px narrow (a screen of 1280 px at 400 %), nothing to scroll sideways, no more than
// 30 KB in one request and a logo, and nothing that moves while it comes.
//
// A page that is new is one line in `PAGES`, which are opened one after the other in one window.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import axe from 'axe-core';

import { Service } from './service.mjs';
import { launch } from './support.mjs';

const MOST_BYTES = 30_000;
const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="60"><rect width="240" height="60" fill="#8a2b06"/></svg>';
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 320, height: 700 };

/** Fills in the form of the page that is open. */
async function signUp(page, email) {
  await page.locator('input[type=email]').fill(email);
  await page.locator('form button[type=submit]').first().click();
}

const press = (page, what = 'main form button[type=submit]') => page.locator(what).first().click();

/** Presses a button among the choices and opens the link that it has mailed. */
async function askFor({ page, service }, what) {
  await page.goto(await service.link('ada@reader.example', '/preferences/'));
  await press(page, `[value=${what}]`);
  await page.goto(await service.link('ada@reader.example', `/reader/${what}/`));
}

const PAGES = [
  ['sign-up', ({ page, url }) => page.goto(`${url}/ledger`)],
  ['sign-up with a topic ticked', ({ page, url }) => page.goto(`${url}/ledger?topic=energy`)],
  ['sign-up with errors', ({ page }) => signUp(page, 'ada@nowhere')],
  ['check your inbox', ({ page }) => signUp(page, 'ada@reader.example')],
  ['check your inbox, did you mean', async ({ page, url }) => {
    await page.goto(`${url}/ledger`);
    await signUp(page, 'ada@gamil.com');
    await page.getByRole('button', { name: 'ada@gmail.com' }).waitFor();
  }],
  ['another publication', ({ page, url }) => page.goto(`${url}/evening`)],
  ['confirm', async ({ page, service }) => page.goto(await service.link('ada@reader.example', '/confirm/'))],
  ['confirmed', async ({ page, service }) => {
    await press(page);
    await service.sendIssue();
  }],
  ['confirmed before', async ({ page, service }) => page.goto(await service.link('ada@reader.example', '/confirm/'))],
  ['preferences', async ({ page, service }) => page.goto(await service.link('ada@reader.example', '/preferences/'))],
  ['preferences saved', ({ page }) => press(page)],
  ['a link by mail', ({ page, url }) => page.goto(`${url}/ledger/link`)],
  ['a link by mail with an error', ({ page }) => signUp(page, 'ada@nowhere')],
  ['a link is mailed', ({ page }) => signUp(page, 'ada@reader.example')],
  ['whose link', ({ page, url }) => page.goto(`${url}/reader/link`)],
  ['paused', async ({ page, service }) => {
    await page.goto(await service.link('ada@reader.example', '/preferences/'));
    await press(page, '[value=pause-week]');
    await page.locator('[value=resume]').waitFor();
  }],
  ['a link for the data is mailed', ({ page }) => press(page, '[value=data]')],
  ['data', async ({ page, service }) => page.goto(await service.link('ada@reader.example', '/reader/data/'))],
  ['another address', (world) => askFor(world, 'address')],
  ['another address with an error', ({ page }) => signUp(page, 'ada@reader.example')],
  ['another address is asked', ({ page }) => signUp(page, 'ada@moved.example')],
  ['the new address', async ({ page, service }) => page.goto(await service.link('ada@moved.example', '/reader/new-address/'))],
  ['the new address confirmed', ({ page }) => press(page)],
  ['the old address told', async ({ page, service }) => page.goto(await service.link('ada@reader.example', '/reader/old-address/'))],
  ['the old address again', ({ page }) => press(page)],
  ['an old link', ({ page }) => page.reload()],
  ['erase', (world) => askFor(world, 'erase')],
  ['leave', async ({ page, service }) => page.goto(await service.link('ada@reader.example', '/unsubscribe/'))],
  ['goodbye', ({ page }) => press(page)],
  ['back again', ({ page }) => press(page, 'main form:has([value=undo]) button')],
  ['never mail me', async ({ page, service }) => page.goto(await service.link('ada@reader.example', '/never/'))],
  ['never mailed', ({ page }) => press(page)],
  ['erased', async ({ page, service }) => {
    await page.goto(await service.link('ada@reader.example', '/reader/erase/'));
    await press(page);
  }],
  ['archive', ({ page, url }) => page.goto(`${url}/ledger/archive`)],
  ['archive without issues', ({ page, url }) => page.goto(`${url}/evening/archive`)],
  ['an issue', async ({ page, url }) => {
    await page.goto(`${url}/ledger/archive`);
    await page.locator('.past a').first().click();
    await page.waitForURL(/archive\/daily-1/);
  }, { kind: 'mail' }],
  ['frame', ({ page, url }) => page.goto(`${url}/embed/ledger?topic=energy`)],
  ['frame with errors', ({ page }) => signUp(page, 'ada@nowhere')],
  ['frame, did you mean', ({ page }) => signUp(page, 'ada@gamil.com')],
  ['frame in colours that cannot be read', ({ page, url }) => page.goto(`${url}/embed/ledger?accent=ffee00&ink=eee&paper=ddd`)],
  ['two forms on a site', ({ page, site }) => page.goto(site), { kind: 'site' }],
  ['two forms on a site, one wrong, one sent', async ({ page }) => {
    const forms = page.locator('form');
    await forms.nth(0).locator('[type=email]').fill('ada@nowhere');
    await forms.nth(0).locator('button').click();
    await forms.nth(0).locator('[aria-invalid=true]').waitFor();
    await forms.nth(1).locator('[type=email]').fill('site@gamil.com');
    await forms.nth(1).locator('button').click();
    await page.getByRole('button', { name: 'site@gmail.com' }).waitFor();
  }, { kind: 'site' }],
  ['nothing here', ({ page, url }) => page.goto(`${url}/nowhere/at/all`)],
  ['a damaged link', ({ page, url }) => page.goto(`${url}/confirm/nonsense`)],
];

describe('the pages', { timeout: 300_000 }, () => {
  const world = {};
  let browser;
  let server;

  before(async () => {
    const service = await Service.start();
    world.service = service;
    world.url = service.url;
    const sender = ['--from', 'Ledger <ledger@ledger.example>', '--postal-address', '1 Quay Street', '--language', 'en'];
    service.run('publication', 'create', 'ledger', '--name', 'The Harbour Ledger', ...sender, '--description', 'Business news every weekday at seven.', '--privacy-url', 'https://ledger.example/privacy');
    service.run('publication', 'update', 'ledger', '--accent', '#8a2b06', '--logo-url', 'https://pictures.example/logo.svg', '--logo-alt', 'The Harbour Ledger');
    service.run('publication', 'create', 'evening', '--name', 'The Evening', ...sender);
    for (const publication of ['ledger', 'evening']) {
      service.run('digest', 'create', publication, 'daily', '--name', 'Daily', '--cron', '0 7 1 1 *');
    }
    service.run('digest', 'create', 'ledger', 'weekly', '--name', 'Weekly', '--cron', '0 8 2 1 *');
    for (const topic of ['energy', 'markets']) service.run('topic', 'add', 'ledger', topic, '--name', topic);
    const article = (n) => ({ title: `Harbour opens its berth number ${n}`, url: `https://ledger.example/${n}`, summary_html: '<p>A new berth.</p>', topics: ['energy'] });
    await writeFile(path.join(service.folder, 'articles.json'), JSON.stringify([1, 2, 3].map(article)));
    service.run('article', 'add', 'ledger', 'articles.json');
    service.sendIssue = () => service.runAndServe('digest', 'send', 'ledger/daily', '--now', '--watch');
    await service.serve();
    const form = (id) => `<form data-paperround action="${service.url}/ledger/subscribe" method="post"><label for="${id}">E-mail ${id}</label>
      <input type="email" id="${id}" name="email"> <button type="submit">Sign up</button></form>`;
    server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(`<!doctype html><html lang="en"><head><title>A site</title><meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
        <style>input,button{font:inherit;min-height:32px;max-width:100%}div[data-paperround]{min-height:16em}body{background:#fff;color:#222}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#9cf}}</style></head><body><main><h1>A site</h1>${form('first')}
        ${form('second')}<div data-paperround></div></main><script src="${service.url}/embed/ledger.js" defer></script></body></html>`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    world.site = `http://127.0.0.1:${server.address().port}/`;
    browser = await launch();
    const context = await browser.newContext({ viewport: WIDE, locale: 'en-GB' });
    context.setDefaultTimeout(15_000);
    await context.route('https://pictures.example/**', (route) => route.fulfill({ contentType: 'image/svg+xml', body: LOGO }));
    world.page = await context.newPage();
    world.complaints = [];
    world.page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) world.complaints.push(message.text());
    });
    world.loads = [];
    world.page.on('request', (request) => {
      if (request.isNavigationRequest()) world.loads = [];
      world.loads.push(request);
    });
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await world.service?.stop();
  });

  for (const [name, open, { kind = 'page' } = {}] of PAGES) {
    test(name, async () => {
      const { page } = world;
      await page.setViewportSize(WIDE);
      await page.emulateMedia({ colorScheme: 'light' });
      await open(world);
      await page.waitForLoadState('load');
      if (kind !== 'site') await isLight(world, kind);
      // The pictures of a mail have no heights: mailboxes would keep to them where there are none.
      if (kind !== 'mail') assert.equal(await shifts(page), 0, 'something moved');
      for (const viewport of [WIDE, NARROW]) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          const where = `${viewport.width} px, ${colorScheme}`;
          await picture(page, `${name} ${where}`);
          await fits(page, where);
          await isAccessible(page, where);
        }
      }
      assert.deepEqual(world.complaints.splice(0), []);
      assert.deepEqual(await page.context().cookies(), []);
    });
  }
});

/** One small answer makes up the page, and a logo where the publication has one. */
async function isLight({ loads }, kind) {
  const [document, ...others] = loads;
  const { length } = await (await document.response()).body();
  assert.ok(length > 0 && (kind === 'mail' || length < MOST_BYTES), `${length} bytes`);
  const urls = others.map((request) => request.url());
  const logos = urls.filter((url) => url === 'https://pictures.example/logo.svg');
  assert.ok(logos.length <= 1, urls.join(' '));
  assert.deepEqual(urls, logos);
}

async function fits(page, where) {
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.ok(wide <= page.viewportSize().width, `${where}: ${wide} px wide`);
}

async function isAccessible(page, where) {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`)}`);
  });
  assert.deepEqual(violations, [], where);
}

/** What moved by itself, as browsers count it. */
function shifts(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() => setTimeout(() => resolve(sum), 100));
      }),
  );
}

async function picture(page, what) {
  const { SHOTS } = process.env;
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  const file = `page ${what}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  await page.screenshot({ path: path.join(SHOTS, `${file}.png`), fullPage: true });
}
