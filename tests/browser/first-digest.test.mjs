// From the first start of the program to a digest that has its next run, by the pages alone and as
// docs/first-digest.md says: nobody touches the command line.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { BINARY, launch, until } from './support.mjs';
import { Service } from './service.mjs';

const FEED = `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>The Evening</title><link>https://evening.example/</link><description>News</description>
<item><title>A berth opens at the old quay</title><link>https://evening.example/berth</link><guid>berth</guid><pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate><category>Harbour</category><description>It is the first in ten years.</description></item>
</channel></rss>`;

describe('the first digest', { timeout: 180_000 }, () => {
  const world = {};

  before(async () => {
    const feeds = createServer((_, answer) => answer.setHeader('content-type', 'application/rss+xml').end(FEED));
    feeds.listen(0, '127.0.0.1');
    await once(feeds, 'listening');
    const service = await Service.start({ env: { PAPERROUND__FEEDS__ALLOW_PRIVATE_ADDRESSES: 'true' } });
    service.process = spawn(BINARY, ['serve'], { cwd: service.folder, env: service.env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    service.process.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    const welcome = await until('the first link', 30, () => said.match(/http:\S+\/admin\/welcome\/\S+/)?.[0]);
    await until('the service answers', 30, () => fetch(`${service.url}/healthz`).then((a) => a.ok, () => false));
    const browser = await launch();
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
    page.setDefaultTimeout(15_000);
    Object.assign(world, { feeds, service, welcome, browser, page, feed: `http://127.0.0.1:${feeds.address().port}/rss` });
  });

  after(async () => {
    await world.browser?.close();
    world.feeds?.close();
    await world.service?.stop();
  });

  test('the first owner signs in with the link of the first start', async () => {
    const { page, welcome } = world;
    await page.goto(welcome);
    await page.getByLabel('Your address').fill('ann@ops.example');
    await page.getByLabel('Password').fill('seven gulls on the quay');
    await page.getByRole('button', { name: 'Choose this password' }).click();
    await page.getByRole('heading', { level: 1, name: 'Today' }).waitFor();
  });

  test('a publication is made', async () => {
    const { page } = world;
    await page.getByRole('link', { name: 'Make a publication' }).click();
    for (const [label, value] of [
      ['Name', 'The Evening'],
      ["Sender's address", 'news@evening.example'],
      ['Postal address', '1 Old Quay, Port Marrow'],
      ['Time zone', 'Europe/Berlin'],
    ]) {
      await page.getByLabel(label, { exact: true }).fill(value);
    }
    await page.getByRole('button', { name: 'Make the publication' }).click();
    await page.getByRole('heading', { level: 1, name: 'Feeds' }).waitFor();
  });

  test('a feed is connected', async () => {
    const { page, feed } = world;
    await page.locator('#in-url').fill(feed);
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByText('is connected: 1 article.').waitFor();
    await page.getByRole('link', { name: 'The Evening', exact: true }).waitFor();
  });

  test('a category of the feed becomes a topic with a tick', async () => {
    const { page } = world;
    await page.locator('.next').getByRole('link', { name: 'name topics' }).click();
    await page.getByLabel('Harbour 1').check();
    await page.getByRole('button', { name: 'Make topics of them' }).click();
    await page.getByText('Harbour is a topic now').waitFor();
  });

  test('a digest is made that goes out every weekday', async () => {
    const { page } = world;
    await page.locator('.next').getByRole('link', { name: 'make a digest' }).click();
    assert.equal(await page.evaluate(() => document.activeElement.name), 'name', 'one types at once');
    await page.getByLabel('Name', { exact: true }).fill('Daily');
    await page.getByLabel('How often').selectOption('weekdays');
    await page.getByLabel('Time of day').fill('07:00');
    await page.getByRole('button', { name: 'Show the next runs' }).click();
    await page.getByText('which are not saved yet, it would go out').waitFor();
    assert.match(await page.locator('main table').first().innerText(), /07:00/);
    await page.getByRole('button', { name: 'Make the digest' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Daily' }).waitFor();
  });

  test('Today says when it goes out', async () => {
    const { page } = world;
    await page.locator('.side').getByRole('link', { name: 'Today' }).click();
    const row = page.locator('tr', { hasText: 'Daily' }).first();
    assert.match(await row.innerText(), /07:00 CET|07:00 CEST/);
    assert.match(await row.innerText(), /scheduled/);
  });
});
