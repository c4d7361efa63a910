// An editor at work in a browser: puts the coming issue in order by keyboard and by dragging, gives it words
// of its own, looks at it, sends a test, sends it, takes it back, and sends it for good.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { BINARY, launch, until } from './support.mjs';
import { Service } from './service.mjs';

const PASSWORD = 'seven gulls on the quay';
const TITLES = ['Wind auction draws eleven bidders', 'A berth opens', 'The lock is mended', 'Ferries run again'];

/** The titles of the page, in their order. */
const order = (page) => page.locator('[data-article] .row b').allTextContents();

/** Presses a button that loads a page. */
async function press(page, name) {
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name, exact: true }).first().click()]);
}

describe('the editor', { timeout: 300_000 }, () => {
  let service;
  let browser;
  let page;
  let digest;

  before(async () => {
    service = await Service.start();
    const sender = ['--from', 'Ledger <ledger@ledger.example>', '--postal-address', '1 Quay Street'];
    service.run('publication', 'create', 'ledger', '--name', 'The Harbour Ledger', ...sender);
    service.run('digest', 'create', 'ledger', 'daily', '--name', 'Daily');
    // The later in the list, the newer.
    for (const [n, title] of TITLES.entries()) {
      const article = { title, url: `https://ledger.example/${n}`, summary_markdown: `About it: ${title}.` };
      await writeFile(path.join(service.folder, 'article.json'), JSON.stringify(article));
      service.run('article', 'add', 'ledger', 'article.json');
    }
    await writeFile(path.join(service.folder, 'readers.csv'), 'email\nada@inbox.example\n');
    service.run('subscriber', 'import', 'ledger', 'readers.csv', '--confirmed', '--consent', 'asked at the fair');
    execFileSync(BINARY, ['operator', 'add', 'olga@ops.example', '--role', 'owner', '--password-stdin'], {
      cwd: service.folder, env: service.env, input: `${PASSWORD}\n`,
    });
    await service.serve();
    browser = await launch();
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    digest = `${service.url}/admin/p/ledger/digests/daily`;
    await page.goto(`${service.url}/admin/sign-in?next=/admin/p/ledger/digests/daily`);
    await page.locator('#email').fill('olga@ops.example');
    await page.locator('#password').fill(PASSWORD);
    await press(page, 'Sign in');
  });

  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  test('articles are moved by keyboard alone, and one stays where one was', async () => {
    await page.goto(`${digest}/edit`);
    assert.deepEqual(await order(page), [...TITLES].reverse());
    const title = TITLES[0];
    for (const place of [2, 1]) {
      await page.getByRole('button', { name: `Up: ${title}` }).focus();
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
      assert.equal((await order(page)).indexOf(title), place);
    }
    // From the row that was moved, the next stop is its own first link.
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), title);
  });

  test('articles are dragged', async () => {
    await page.evaluate(() => scrollTo(0, 0));
    const last = (await order(page)).at(-1);
    const [from, to] = await page.locator('[data-article]').evaluateAll((rows) => [rows.at(-1), rows[0]].map((row) => {
      const { right, top } = row.getBoundingClientRect();
      return { x: right - 40, y: top + 6 };
    }));
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x, from.y - 20, { steps: 5 });
    await page.mouse.move(to.x, to.y + 8, { steps: 20 });
    await until('the row is where the pointer is', 5, async () => {
      await page.mouse.move(to.x, to.y);
      return (await order(page))[0] === last;
    });
    await Promise.all([page.waitForNavigation(), page.mouse.up()]);
    assert.equal((await order(page))[0], last);
  });

  test('an article is dropped, another gets words of its own, and so does the issue', async () => {
    const [, dropped] = await order(page);
    assert.notEqual(dropped, TITLES[2]);
    await press(page, `Drop: ${dropped}`);
    await Promise.all([page.waitForNavigation(), page.getByRole('link', { name: `Edit: ${TITLES[2]}` }).click()]);
    await page.locator('#in-title').fill('The lock works again');
    await press(page, 'Save');
    await page.locator('#in-subject').fill('Today: {{ headline }}');
    await page.locator('#in-intro').fill('Good *morning*.');
    await press(page, 'Save the words');
    await page.getByText(/^Subject: Today: /).waitFor();
    const mail = page.frameLocator('iframe.mail');
    await mail.getByText('The lock works again').waitFor();
    assert.equal(await mail.getByText(dropped).count(), 0);
    assert.equal(await mail.locator('em').first().textContent(), 'morning');
  });

  test('somebody else is faster, and nothing is lost', async () => {
    const other = await page.context().newPage();
    await other.goto(`${digest}/edit`);
    await press(other, `Pin: ${(await order(other))[0]}`);
    await other.close();
    await page.locator('#in-subject').fill('My own words');
    await press(page, 'Save the words');
    await page.getByText('has changed this issue since').waitFor();
    assert.equal(await page.locator('#in-subject').inputValue(), 'My own words');
  });

  test('the mail is looked at in every way', async () => {
    for (const view of ['desktop', 'phone', 'dark', 'text', 'source']) {
      await page.goto(`${digest}/preview?view=${view}`);
      await page.frameLocator('iframe.mail').getByText('The lock works again').first().waitFor();
    }
    const paper = (view) => page.goto(`${digest}/preview?view=${view}`).then(() => page.frames()[1].locator('.paper').first()
      .evaluate((element) => getComputedStyle(element).backgroundColor));
    assert.equal(await paper('dark'), 'rgb(20, 22, 26)');
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await paper('desktop'), 'rgb(20, 22, 26)', 'whatever this browser prefers');
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test('a test goes out', async () => {
    await page.goto(`${digest}/send`);
    await page.locator('#in-to').fill('ed@inbox.example');
    await press(page, 'Send the test');
    await page.getByText('A test went to ed@inbox.example.').waitFor();
    const test = service.mail.mails.at(-1);
    assert.match(test, /^Subject: \[Test\] Today:/m);
  });

  test('it is sent, taken back, and sent', async () => {
    const before = service.mail.mails.length;
    await press(page, 'Send to 1 reader');
    await page.locator('[data-until]').getByText(/in \d+ seconds/).waitFor();
    await press(page, await page.getByRole('button', { name: /^Undo/ }).getAttribute('aria-label'));
    await page.getByText('Taken back:').waitFor();
    await press(page, 'Send to 1 reader');
    await until('the mail', 90, () => service.mail.mails.slice(before).find((mail) => mail.includes('To: ada@inbox.example')));
    const mails = service.mail.mails.slice(before);
    assert.equal(mails.length, 1, 'what was taken back did not go out');
    assert.match(mails[0], /^Subject: Today:/m);
    assert.match(mails[0], /The lock works again/);
    await page.goto(`${digest}/edit`);
    await page.getByText('No article is new for this digest').waitFor();
  });
});
