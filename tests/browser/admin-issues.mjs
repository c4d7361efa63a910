// Issues in the operators' pages: one is approved, followed by script while it goes out to a slow mail
// server, paused and resumed, and one is cancelled.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { focused, go, press } from './admin-support.mjs';
import { until } from './support.mjs';

/** Readers of The Evening: more than a slip of the hand may reach. */
const READERS = 1200;

/** Readers, articles and a digest whose issues wait for approval. */
export async function prepareIssues(service) {
  const write = (name, text) => writeFile(path.join(service.folder, name), text);
  service.run('digest', 'create', 'evening', 'post', '--name', 'Evening Post', '--require-approval');
  await write('readers.csv', ['email', ...Array.from({ length: READERS }, (_, n) => `reader${n}@inbox.example`)].join('\n'));
  service.run('subscriber', 'import', 'evening', 'readers.csv', '--confirmed', '--consent', 'at the kiosk');
  for (const [file, title] of [['early.json', 'A berth opens'], ['late.json', 'A berth closes']]) {
    await write(file, JSON.stringify({ title, url: `https://evening.example/${file}`, summary_html: `<p>${title} today.</p>` }));
  }
  service.run('article', 'add', 'evening', 'early.json');
  service.run('publication', 'update', 'evening', '--count-opens', 'true');
}

/** Marks the open page, to see whether it is still the same. */
const mark = (page) => page.evaluate(() => (document.documentElement.dataset.marked = 'yes'));
const isMarked = (page) => page.evaluate(() => document.documentElement.dataset.marked === 'yes');

/** The number that a figure of an issue shows at the moment. */
async function figure(page, name) {
  return Number((await page.locator(`[data-figure="${name}"]`).textContent()).replaceAll(',', ''));
}

/** An issue from its approval to its end, as it is followed by script. */
export const ISSUES = [
  ['an issue waits for approval', async ({ page, url, service, world }) => {
    world.issue = `${url}/admin/issues/${service.run('digest', 'send', 'evening/post').trim()}`;
    await page.goto(world.issue);
    await page.getByText('1,200 readers, who took this digest').waitFor();
  }],
  ['the mail of an issue', async ({ page }) => {
    await page.locator('iframe').scrollIntoViewIfNeeded();
    await page.frameLocator('iframe').getByRole('link', { name: 'A berth opens' }).waitFor();
  }],
  ['an issue is not approved by a slip of the hand', async ({ page }) => {
    await page.locator('#readers').fill('12');
    await press(page, 'Approve and send');
    await page.getByText('Type 1,200 to send it; nothing was done.').waitFor();
  }],
  ['an issue goes out', async ({ page, service }) => {
    service.mail.delay = 100;
    await page.locator('#readers').fill('1,200');
    await press(page, 'Approve and send');
    await mark(page);
    await page.getByText('Approved: it goes out as No. 1.').waitFor();
    await until('the first mails on the page', 30, async () => (await figure(page, 'sent')) > 20);
    await page.getByText(/at \d+\/s, .* left/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    assert.ok(await isMarked(page), 'nothing was loaded anew');
  }],
  ['an issue is paused', async ({ page }) => {
    await press(page, 'Pause');
    await page.getByText(/Paused: \d+ of 1,200 sent/).waitFor();
    await until('what was on its way', 20, async () => {
      const before = await figure(page, 'sent');
      await page.waitForTimeout(1500);
      return before === (await figure(page, 'sent'));
    });
    assert.ok((await figure(page, 'waiting')) > 0);
  }],
  ['an issue goes on', ({ page }) => press(page, 'Go on sending')],
  ['an issue has gone out', async ({ page, service }) => {
    await mark(page);
    // Somebody is about to press the button while the issue ends: it stays until they leave it.
    await page.getByRole('button', { name: 'Pause' }).focus();
    service.mail.delay = 0;
    await until('the end on the page', 60, async () => (await figure(page, 'sent')) === READERS);
    await page.locator('dl .state.good', { hasText: 'sent' }).waitFor();
    assert.equal(await page.locator('[data-said]').textContent(), 'sent');
    assert.equal(await focused(page), 'Pause');
    await page.keyboard.press('Shift+Tab');
    await page.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
    assert.equal(await figure(page, 'percent'), 100);
    assert.ok(await isMarked(page), 'nothing was loaded anew');
  }],
  ['an issue that is over', async ({ page, world, url, service }) => {
    // The picture at the end of a mail, as a mail program loads it.
    const source = service.mail.mails.at(-1).replaceAll('=\r\n', '');
    const [picture] = source.match(/\/open\/[\w-]+\.gif/);
    const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0' };
    const loaded = await page.request.get(`${url}${picture}`, { headers });
    assert.equal(loaded.headers()['content-type'], 'image/gif');
    await page.goto(world.issue);
    await page.getByRole('heading', { name: 'Opens' }).waitFor();
    const cells = await page.getByRole('region', { name: 'Opens' }).locator('td').allTextContents();
    assert.deepEqual(cells.map(Number), [1, 0, 1]);
  }],
  ['how fast an issue went out', async ({ page, world }) => {
    await until('the plot', 60, async () => {
      await page.goto(world.issue);
      const isWhole = (await page.getByText('As of').count()) === 0;
      return isWhole && page.getByRole('img', { name: /^Mails taken in each/ }).isVisible();
    });
    await page.getByText('The numbers').click();
  }],
  ['the mails of an issue', ({ page, world }) => page.goto(`${world.issue}/deliveries`)],
  ['the next mails of an issue', async ({ page }) => {
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.waitForURL(/after=/);
  }],
  ['no such mails of an issue', ({ page, world }) => page.goto(`${world.issue}/deliveries?state=failed`)],
  ['cancelling an issue', async ({ page, url, service }) => {
    service.run('article', 'add', 'evening', 'late.json');
    const id = service.run('digest', 'send', 'evening/post').trim();
    await page.goto(`${url}/admin/issues/${id}`);
    await page.getByRole('link', { name: 'Cancel the issue' }).click();
    await page.getByText('1,200 readers will not get it.').waitFor();
  }],
  ['an issue is cancelled', async ({ page }) => {
    await page.locator('#readers').fill(`${READERS}`);
    await press(page, 'Cancel the issue');
    await page.getByText('Cancelled.').waitFor();
  }],
  ['issues', go('/admin/issues')],
  ['no issue passes the filter', go('/admin/issues?publication=evening&state=paused')],
];
