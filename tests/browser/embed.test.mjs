// The form on another site's pages, in a real browser: a page of a site of its own, with a policy as
// strict as it can be, and the service beside it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { Demo, launch } from './support.mjs';

/** The pages of the site. The style is what a site would write; the script brings its own. */
function pageOf(service, path) {
  const script = `<script src="${service}/embed/ledger.js?lang=en" defer></script>`;
  const form = (id, topics, more = '') => `
    <form data-paperround action="${service}/ledger/subscribe" method="post" ${topics}>
      <label for="${id}">E-mail address</label> <input type="email" id="${id}" name="email" required>
      ${more}<button type="submit">Sign up</button></form>`;
  const bodies = {
    '/two': `<h2>Energy</h2>${form('first', 'data-topics="energy"')}
      <h2>Markets</h2>${form('second', '', '<input type="hidden" name="topics" value="markets">')}${script}`,
    '/place': `<h2>Elsewhere</h2><div data-paperround="ledger" data-topics="energy, shipping"></div>
      <p id="after">What follows.</p>${script}`,
    '/plain': `<h2>Energy</h2>${form('first', '', '<input type="hidden" name="topics" value="energy">')}`,
    '/frame': `<h2>Energy</h2><iframe src="${service}/embed/ledger?topic=energy&amp;lang=en&amp;accent=8a2b06"
      title="The Harbour Ledger by mail" width="100%" height="240"></iframe>`,
    '/other': `<h2>Another's</h2><form data-paperround action="${service}/other/subscribe" method="post">
      <label>E-mail <input name="email"></label><button>Go</button></form>${script}`,
  };
  return `<!doctype html><html lang="de"><head><meta charset="utf-8"><title>A site</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="/site.css"><link rel="icon" href="data:,"></head>
    <body><main><h1>A site</h1>${bodies[path]}</main></body></html>`;
}

const STYLE = `body { margin: 16px; font: 18px/1.5 Georgia, serif; color: #222; background: #fff; }
  [data-paperround=ledger] { min-height: 15em; }`;

describe('on another site', { timeout: 180_000 }, () => {
  let demo;
  let browser;
  let site;
  let server;

  before(async () => {
    demo = await Demo.start();
    browser = await launch();
    const { service } = demo;
    server = createServer((request, response) => {
      const path = new URL(request.url, 'http://site').pathname;
      const isStyle = path === '/site.css';
      response.setHeader('content-type', isStyle ? 'text/css' : 'text/html; charset=utf-8');
      response.setHeader(
        'content-security-policy',
        `default-src 'none'; style-src 'self'; img-src data:; script-src ${service}; connect-src ${service}; ` +
          `form-action ${service}; frame-src ${service}; require-trusted-types-for 'script'`,
      );
      response.end(isStyle ? STYLE : pageOf(service, path));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    site = `http://127.0.0.1:${server.address().port}`;
  });

  after(async () => {
    await browser?.close();
    await demo?.stop();
    server?.closeAllConnections();
    server?.close();
  });

  /** A window on a page of the site; whatever the browser complains of is noted. */
  async function open(path, options = {}) {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 800, height: 900 }, ...options });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    page.complaints = [];
    page.on('console', (message) => {
      const isRefusal = /status of 422/.test(message.text());
      if (message.type() === 'error' && !isRefusal) page.complaints.push(message.text());
    });
    page.on('pageerror', (error) => page.complaints.push(`${error}`));
    await page.goto(site + path);
    return page;
  }

  /** The text of the newest mail to an address. */
  async function mailTo(address) {
    const end = Date.now() + 15_000;
    while (Date.now() < end) {
      const list = await (await fetch(`${demo.inbox}/`)).text();
      const row = list.split('<li>').find((item) => item.includes(address));
      const href = row?.match(/href="(\/mails\/\d+)/)?.[1];
      if (href) return (await fetch(`${demo.inbox}${href}/text`)).text();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return assert.fail(`no mail to ${address}`);
  }

  const shifts = (page) =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
          }).observe({ type: 'layout-shift', buffered: true });
          requestAnimationFrame(() => setTimeout(() => resolve(sum), 100));
        }),
    );

  test('two forms of a page answer in place, each for itself', async () => {
    const page = await open('/two');
    const first = page.locator('form').nth(0);
    const second = page.locator('form').nth(1);
    await first.getByRole('textbox').fill('ada@nowhere');
    await first.getByRole('button').click();
    const wrong = first.locator('[aria-invalid=true]');
    await wrong.waitFor();
    const error = page.locator(`#${await wrong.getAttribute('aria-describedby')}`);
    // In the language of the page, which is not the browser's.
    assert.match(await error.innerText(), /Domain/);
    assert.ok(await wrong.evaluate((input) => input === document.activeElement));
    assert.equal(await wrong.inputValue(), 'ada@nowhere');
    assert.equal(await second.locator('[aria-invalid=true]').count(), 0);

    await first.getByRole('textbox').fill('first@reader.example');
    await first.getByRole('button').click();
    await first.getByRole('status').filter({ hasText: 'Mail mit einem Link' }).waitFor();
    assert.ok(await first.getByRole('status').evaluate((node) => node === document.activeElement));
    assert.equal(await first.getByRole('textbox').count(), 0);
    await second.getByRole('textbox').fill('second@reader.example');
    await second.getByRole('textbox').press('Enter');
    await second.getByRole('status').filter({ hasText: 'Mail mit einem Link' }).waitFor();
    assert.equal(page.url(), `${site}/two`);
    const mail = await mailTo('first@reader.example');
    assert.match(mail, /Energy/);
    // The mail is in the language of the page and names the site.
    assert.match(mail, /bestätigen/i);
    assert.match(mail, /127\.0\.0\.1/);
    assert.match(await mailTo('second@reader.example'), /Markets/);
    assert.equal(await shifts(page), 0);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test('a place becomes a form in the looks of the page, and nothing moves', async () => {
    const page = await open('/place');
    const place = page.locator('[data-paperround]');
    await place.getByText('Stay updated: Energy, Shipping').waitFor();
    const email = place.getByLabel('E-mail address');
    const font = (locator) => locator.evaluate((node) => getComputedStyle(node).fontFamily);
    assert.equal(await font(email), await font(page.locator('body')));
    assert.match(await place.innerText(), /Nothing is sent before you confirm/);
    await email.fill('place@reader.example');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await place.getByRole('status').filter({ hasText: /link to confirm/ }).waitFor();
    assert.match(await mailTo('place@reader.example'), /Energy, Shipping|Shipping, Energy/);
    assert.equal(await shifts(page), 0);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test('a form of another publication is left alone', async () => {
    const page = await open('/other');
    await page.waitForFunction(() => document.adoptedStyleSheets.length === 1);
    assert.equal(await page.getByRole('status').count(), 0);
    await page.context().close();
  });

  test('where the service may not be asked by script, the form goes there by itself', async () => {
    const page = await open('/two');
    await page.route(`${demo.service}/ledger/subscribe`, (route) =>
      route.request().resourceType() === 'fetch' ? route.abort() : route.continue(),
    );
    await page.locator('form').nth(0).getByRole('textbox').fill('routed@reader.example');
    await page.locator('form').nth(0).getByRole('button').click();
    await page.getByRole('heading', { level: 1 }).filter({ hasText: /Postfach|inbox/ }).waitFor();
    assert.ok(page.url().startsWith(`${demo.service}/`));
    await page.context().close();
  });

  test('a form works without scripts', async () => {
    const page = await open('/plain', { javaScriptEnabled: false });
    await page.getByRole('textbox').fill('plain@reader.example');
    await page.getByRole('button').click();
    await page.getByRole('heading', { level: 1, name: 'Check your inbox' }).waitFor();
    const mail = await mailTo('plain@reader.example');
    assert.match(mail, /Energy/);
    assert.match(mail, /127\.0\.0\.1/);
    await page.context().close();
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`the frame takes readers in ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const page = await open('/frame', { javaScriptEnabled });
      const frame = page.frameLocator('iframe');
      const email = frame.getByLabel('E-mail address');
      const button = frame.getByRole('button', { name: 'Sign up' });
      const [left, right] = [await email.boundingBox(), await button.boundingBox()];
      assert.ok(Math.abs(left.y + left.height / 2 - right.y - right.height / 2) < 2, 'one line');
      await email.fill('ada@nowhere');
      await button.click();
      await frame.locator('[aria-invalid=true]').waitFor();
      const address = `frame-${javaScriptEnabled}@reader.example`;
      await email.fill(address);
      await button.click();
      await frame.getByRole('status').filter({ hasText: address }).waitFor();
      assert.equal(page.url(), `${site}/frame`);
      const mail = await mailTo(address);
      assert.match(mail, /Energy/);
      assert.match(mail, /127\.0\.0\.1/);
      assert.deepEqual(await page.context().cookies(), []);
      await page.context().close();
    });
  }
});
