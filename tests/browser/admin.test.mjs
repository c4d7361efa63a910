// The operators' pages in a browser: from the first start to being signed in, by keyboard, and every page
// with the same eyes as the readers' (axe-core, in the light and in the dark, wide and on a phone,
// nothing to scroll sideways, no errors in the console).
//
// A page that is new is one line in `PAGES`.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import axe from 'axe-core';

import { CALENDAR } from './admin-calendar.mjs';
import { ISSUES, prepareIssues } from './admin-issues.mjs';
import { focused, go, press } from './admin-support.mjs';
import { BINARY, launch, until } from './support.mjs';
import { Service } from './service.mjs';

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const PASSWORD = 'seven gulls on the quay';
const MOST_BYTES = 150_000;

/** The code of an app for a secret in base32. */
function totp(secret, at = Date.now()) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
  return `${number % 1_000_000}`.padStart(6, '0');
}

const PAGES = [
  ['today', go('/admin')],
  ['no issue yet', go('/admin/issues')],
  ...ISSUES,
  ...CALENDAR,
  ['operators', go('/admin/operators')],
  ['an operator is there already', async ({ page, url }) => {
    await page.goto(`${url}/admin/operators`);
    await page.locator('#email').fill('ann@ops.example');
    await press(page, 'Make a link');
  }],
  ['a link to choose a password', async ({ page }) => {
    await page.locator('#email').fill('ben@ops.example');
    await press(page, 'Make a link');
  }],
  ['an operator', async ({ page, url }) => {
    await page.goto(`${url}/admin/operators`);
    await page.getByRole('link', { name: 'ben@ops.example' }).click();
    await page.waitForURL(/operators\/.+/);
  }],
  ['the rights are changed', ({ page }) => press(page, 'Save')],
  ['my account', go('/admin/account')],
  ['setting up the second step', async ({ page, world }) => {
    await page.locator('#totp-password').fill(PASSWORD);
    await press(page, 'Set it up');
    world.secret = await page.locator('.groups').textContent();
  }],
  ['a wrong code', async ({ page }) => {
    await page.locator('#code').fill('000000');
    await press(page, 'Turn it on');
  }],
  ['recovery codes', async ({ page, world }) => {
    await page.locator('#code').fill(totp(world.secret));
    await press(page, 'Turn it on');
  }],
  ['my account with a second step', go('/admin/account')],
  ['no token yet', go('/admin/tokens')],
  ['a token is made', async ({ page }) => {
    await page.locator('#name').fill('web site');
    await press(page, 'Make the token');
  }],
  ['tokens', go('/admin/tokens')],
  ['publications', go('/admin/publications')],
  ['a publication that is refused', async ({ page }) => {
    for (const [name, value] of Object.entries({ name: 'X', slug: 'admin', from_name: 'X', from_email: 'x@x.example', postal_address: 'X', timezone: 'Europe/Atlantis' })) {
      await page.locator(`#in-${name}`).fill(value);
    }
    await press(page, 'Make the publication');
  }],
  ['a publication', go('/admin/p/ledger')],
  ['no topics', go('/admin/p/evening/topics')],
  ['topics and a rule', async ({ page, url }) => {
    await page.goto(`${url}/admin/p/ledger/topics`);
    await page.locator('#in-contains').fill('harbour');
    await press(page, 'Add the rule');
  }],
  ['no digests', go('/admin/p/evening/digests')],
  ['digests', go('/admin/p/ledger/digests')],
  ['making a digest', async ({ page }) => {
    await press(page, 'Make a digest', 'link');
    assert.equal(await page.locator('#in-cron').isVisible(), false);
    await page.locator('#in-goes_out').selectOption('monthly');
    assert.equal(await page.locator('#in-day').isVisible(), true);
    assert.equal(await page.locator('#in-weekday').isVisible(), false);
  }],
  ['the runs that a digest would have', async ({ page }) => {
    await page.locator('#in-holidays').fill('2026-12-25');
    await press(page, 'Show the next runs');
  }],
  ['a digest that is refused', async ({ page }) => {
    await page.locator('#in-name').fill('Monthly');
    await page.locator('#in-slug').fill('monthly');
    await page.locator('#in-max_items').fill('1000');
    await press(page, 'Make the digest');
  }],
  ['a digest is made', async ({ page }) => {
    await page.locator('#in-max_items').fill('20');
    await press(page, 'Make the digest');
  }],
  ['a recipe', async ({ page }) => {
    await press(page, 'Change the recipe', 'link');
  }],
  ['the coming issue', go('/admin/p/ledger/digests/daily/edit')],
  ['an article is pinned, another dropped', async ({ page }) => {
    await press(page, 'Pin: A berth opens');
    await press(page, 'Drop: The lock is mended');
  }],
  ['words that are refused', async ({ page }) => {
    await page.locator('#in-subject').fill('{{ headlin }}');
    await press(page, 'Save the words');
  }],
  ['an article for this issue', async ({ page, url }) => {
    await page.goto(`${url}/admin/p/ledger/digests/daily/edit`);
    await press(page, 'Edit: A berth opens', 'link');
  }],
  ['the mail on a desktop', go('/admin/p/ledger/digests/daily/preview')],
  ['the mail on a phone in the dark', go('/admin/p/ledger/digests/daily/preview?view=dark-phone&topic=energy')],
  ['the mail as text', go('/admin/p/ledger/digests/daily/preview?view=text')],
  ['the mail as its source', go('/admin/p/ledger/digests/daily/preview?view=source')],
  ['the mail of nobody', go('/admin/p/ledger/digests/daily/preview?as=nobody%40inbox.example')],
  ['a digest that is paused', async ({ page, url }) => {
    await page.goto(`${url}/admin/p/ledger/digests/daily`);
    await press(page, 'Pause');
  }],
  ['before an issue is sent', async ({ page }) => {
    await press(page, 'Check and send it', 'link');
  }],
  ['a test that is refused', async ({ page }) => {
    await page.locator('#in-to').fill('nobody');
    await press(page, 'Send the test');
  }],
  ['an issue that can be taken back', async ({ page }) => {
    await page.locator('#at').fill('2030-01-01T07:00');
    await press(page, 'Send to 0 readers');
  }],
  ['no feeds', go('/admin/p/evening/feeds')],
  ['feeds', go('/admin/p/ledger/feeds')],
  ['a feed', async ({ page }) => {
    await page.getByRole('link', { name: 'ledger.example' }).click();
    await page.waitForURL(/feeds\/.+/);
  }],
  ['a feed that is refused', async ({ page }) => {
    await page.locator('#in-every').fill('never');
    await press(page, 'Save');
  }],
  ['relays', go('/admin/relays')],
  ['no readers', go('/admin/readers')],
  ['readers', async ({ page, url, service }) => {
    for (const address of ['ada@inbox.example', 'ben.of.the.long.name@a-very-long-domain-of-an-inbox.example']) {
      service.run('subscriber', 'add', 'ledger', address, '--name', 'Ada Lee', '--topic', 'energy', '--confirmed', '--consent', 'She asked for it by phone.');
    }
    service.run('subscriber', 'add', 'ledger', 'cid@inbox.example');
    await page.goto(`${url}/admin/readers?publication=ledger`);
  }],
  ['readers by address', go('/admin/readers?q=ada')],
  ['a pending reader', async ({ page, url }) => {
    await page.goto(`${url}/admin/readers`);
    await page.getByRole('link', { name: 'cid@inbox.example' }).click();
    await page.waitForURL(/readers\/.+/);
  }],
  ['a reader', async ({ page, url }) => {
    await page.goto(`${url}/admin/readers`);
    await page.getByRole('link', { name: 'ada@inbox.example' }).click();
    await page.waitForURL(/readers\/.+/);
  }],
  ['choices that are refused', async ({ page }) => {
    await page.getByText('Change the choices').click();
    await page.locator('#ledger-timezone').fill('Europe/Atlantis');
    await press(page, 'Save');
  }],
  ['a reader who is suppressed', async ({ page }) => {
    await page.locator('#source').fill('by phone');
    await press(page, 'Suppress the address');
  }],
  ['an erasure that is refused', async ({ page }) => {
    await page.locator('#typed').fill('somebody else');
    await press(page, 'Erase everything about ada@inbox.example');
  }],
  ['no imports', go('/admin/p/evening/imports')],
  ['a file to import', async ({ page, url }) => {
    await page.goto(`${url}/admin/p/evening/imports`);
    const rows = ['E-Mail;Vollständiger Name;Quelle', 'dan@inbox.example;Dan;fair', 'nobody;Nobody;fair', 'eva@inbox.example;"Eva; the second";a-very-long-name-of-a-source-that-nobody-needs'];
    await page.locator('#file').setInputFiles({ name: 'readers of the fair.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
    await press(page, 'Upload the file');
  }],
  ['a file without a text to agree to', async ({ page }) => {
    await page.getByLabel('What Vollständiger Name holds').selectOption('name');
    await page.getByLabel('They have agreed already').check();
    await press(page, 'Check the file');
  }],
  ['a file that is checked', async ({ page }) => {
    await page.locator('#consent').fill('I want to read it.');
    await press(page, 'Check the file');
    // The page follows the work by itself.
    await page.getByRole('button', { name: 'Import 2 readers' }).waitFor();
  }],
  ['a finished import', async ({ page }) => {
    await press(page, 'Import 2 readers');
    await page.getByRole('button', { name: 'Undo the import' }).waitFor();
    const rejected = await page.request.get(await page.getByRole('link', { name: 'Download the rejected rows' }).getAttribute('href').then((path) => new URL(path, page.url()).href));
    assert.match(await rejected.text(), /^E-Mail;Vollständiger Name;Quelle;line;reason\nnobody;Nobody;fair;3;/);
  }],
  ['an import that is undone', async ({ page }) => {
    await press(page, 'Undo the import');
    await page.getByText('taken away').waitFor();
  }],
  ['imports', go('/admin/p/evening/imports')],
  ['suppression', async ({ page, url }) => {
    await page.goto(`${url}/admin/suppression`);
    await page.locator('#in-email').fill('eve@inbox.example');
    await press(page, 'Suppress it');
  }],
  ['an address is not suppressed', go('/admin/suppression?q=ada%40inbox.example')],
  ['no sign-up rules', go('/admin/sign-up-rules')],
  ['sign-up rules', async ({ page }) => {
    await page.locator('#in-subject').fill('spam.example');
    await press(page, 'Add the rule');
  }],
  ['no alerts', go('/admin/alerts')],
  ['no webhooks', go('/admin/webhooks')],
  ['a webhook that is refused', async ({ page }) => {
    await page.locator('#in-url').fill('ftp://hook.example');
    await press(page, 'Add it');
  }],
  ['the secret of a webhook', async ({ page }) => {
    await page.locator('#in-url').fill('https://hook.invalid/in');
    await page.getByLabel('issue.sent', { exact: true }).check();
    await press(page, 'Add it');
  }],
  ['webhooks', go('/admin/webhooks')],
  ['a webhook', async ({ page }) => {
    await page.getByRole('link', { name: 'https://hook.invalid/in' }).click();
    await page.waitForURL(/webhooks\/.+/);
    await press(page, 'Send a ping');
    await page.getByText('ping', { exact: true }).click();
  }],
  ['templates', go('/admin/p/ledger/templates')],
  ['a template that is refused', async ({ page, url }) => {
    await page.goto(`${url}/admin/p/ledger/templates/card.html`);
    await page.locator('#source').fill('{% if %}');
    await press(page, 'Save');
  }],
  ['a template', async ({ page, url }) => {
    await page.goto(`${url}/admin/p/ledger/templates/card.html`);
    const source = await page.locator('#source').inputValue();
    await page.locator('#source').fill(`${source}<!-- ours -->`);
    await press(page, 'Save');
  }],
  ['no statistics', go('/admin/p/evening/statistics')],
  ['service settings', go('/admin/settings')],
  ['the audit log', go('/admin/audit')],
  ['nothing in the audit log', go('/admin/audit?kind=session')],
  ['nothing is found', go('/admin/search?q=nobody')],
  ['a search', go('/admin/search?q=dai')],
  ['nothing here', go('/admin/nowhere')],
];

/** Those of who is not signed in. */
const DOORS = [
  ['sign in', go('/admin/sign-in')],
  ['sign in, refused', async ({ page }) => {
    await page.locator('#email').fill('ann@ops.example');
    await page.locator('#password').fill('a guess at it');
    await press(page, 'Sign in');
  }],
  ['second step', async ({ page }) => {
    await page.locator('#password').fill(PASSWORD);
    await press(page, 'Sign in');
  }],
  ['second step, refused', async ({ page }) => {
    await page.locator('#code').fill('000000');
    await press(page, 'Sign in');
  }],
  ['a link that has ended', go('/admin/welcome/nonsense')],
];

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
    await page.locator('.switch select').selectOption('evening');
    await page.getByRole('button', { name: 'Switch' }).click();
    assert.equal(await page.locator('.switch option[selected]').getAttribute('value'), 'evening');
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

/** A page whose complaints and requests are kept. */
async function watched(world, context) {
  const page = await context.newPage();
  world.complaints = [];
  world.loads = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) world.complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) world.loads = [];
    // What follows an issue has no end.
    if (request.resourceType() !== 'eventsource') world.loads.push(request);
  });
  return page;
}

/** Looks at the open page in every light and width. */
async function look(world, name) {
  const { page } = world;
  let bytes = 0;
  for (const request of world.loads) {
    const response = await request.response();
    // Given up, since the page was left.
    if (!response) continue;
    bytes += (await response.body().catch(() => '')).length;
    assert.ok(request.url().startsWith(world.url), request.url());
  }
  assert.ok(bytes > 0 && bytes < MOST_BYTES, `${bytes} bytes`);
  for (const viewport of [WIDE, PHONE]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const where = `${name}, ${viewport.width} px, ${colorScheme}`;
      await picture(page, where);
      const { wide, small } = await page.evaluate(measures);
      assert.ok(wide <= viewport.width, `${where}: ${wide} px wide`);
      assert.deepEqual(small, [], `${where}: text under 13 px`);
      await isAccessible(page, where);
    }
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(world.complaints.splice(0), []);
}

/** Runs in the page: its width, and words that are set smaller than may be. */
function measures() {
  const small = [...document.body.querySelectorAll('*')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
    .filter((element) => parseFloat(getComputedStyle(element).fontSize) < 13)
    .map((element) => element.outerHTML.slice(0, 100));
  return { wide: document.scrollingElement.scrollWidth, small };
}

/** The checker is a script; the page's policy lets files of the service in, and this by the debugger. */
async function isAccessible(page, where) {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ['violations'], iframes: false });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`)}`);
  });
  assert.deepEqual(violations, [], where);
}

async function picture(page, what) {
  const { SHOTS } = process.env;
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  const file = `admin ${what}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  await page.screenshot({ path: path.join(SHOTS, `${file}.png`), fullPage: true });
}
