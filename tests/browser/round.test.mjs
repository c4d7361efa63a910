// The reader's whole journey in a real browser, against `paperround demo`: from an article to the
// confirmed subscription, the first digest, the choices, and out again.
//
// All readers go the way together: the digest comes at even minutes, and only once with the
// articles of the start.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Demo, Reader, keepClearOfEvenMinute, launch } from './support.mjs';

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 780 };
const WINDOWS = [
  { name: 'desktop', viewport: DESKTOP, script: true },
  { name: 'phone', viewport: PHONE, script: true },
  { name: 'desktop-plain', viewport: DESKTOP, script: false },
  { name: 'phone-plain', viewport: PHONE, script: false },
];
const TOPICS = ['markets', 'energy', 'technology', 'shipping', 'retail'];
const CHOSEN = ['energy', 'shipping'];

describe('the round', { timeout: 420_000 }, () => {
  let demo;
  let browser;
  let articles;
  const readers = new Map();
  let confirmed = false;

  before(async () => {
    demo = await Demo.start();
    articles = await demo.articles(TOPICS);
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await demo?.stop();
  });

  for (const window of WINDOWS) {
    test(`${window.name}: signs up beneath an article`, async () => {
      const reader = await Reader.arrive(browser, demo, window);
      await findArticle(reader);
      await signUpBeneath(reader);
      readers.set(window.name, reader);
    });

    test(`${window.name}: is told about a wrong address`, async () => {
      const reader = await Reader.arrive(browser, demo, { ...window, name: `${window.name}-wrong` });
      await mistype(reader);
      await reader.context.close();
    });
  }

  test('a reader signs up with the keyboard alone', async () => {
    const window = { name: 'keyboard', viewport: DESKTOP, script: true };
    const reader = await Reader.arrive(browser, demo, window);
    await signUpByKeyboard(reader);
    await reader.context.close();
  });

  test('all confirm', async () => {
    assert.equal(readers.size, WINDOWS.length, 'some have not signed up');
    for (const reader of readers.values()) await openConfirmation(reader);
    // A digest between two of them would leave nothing new for the second.
    await keepClearOfEvenMinute(20);
    for (const reader of readers.values()) await reader.page.getByRole('button').click();
    for (const reader of readers.values()) await reader.see('You are in');
    confirmed = true;
  });

  for (const window of WINDOWS) {
    test(`${window.name}: reads the digest, changes a choice and leaves`, async () => {
      // Nobody waits for a digest that cannot come.
      assert.ok(confirmed, 'not all have confirmed');
      const reader = readers.get(window.name);
      await readDigest(reader, articles);
      const preferences = await changeChoices(reader);
      await leave(reader, preferences);
      assert.deepEqual(reader.complaints, []);
    });
  }

  test('the archive shows the issue', async () => {
    const window = { name: 'archive', viewport: PHONE, script: true };
    const reader = await Reader.arrive(browser, demo, window);
    await reader.page.goto(`${demo.service}/ledger/archive`);
    await reader.see('Past issues');
    await reader.page.locator('.past').getByRole('link').first().click();
    await reader.page.waitForURL(/\/archive\/two-minutes-\d+/);
    await reader.see(/./, { shot: 'an issue', kind: 'issue' });
    await reader.context.close();
  });

  test('the demo ends well', async () => {
    // Its windows stay open: keep-alive connections must not hold it up.
    assert.deepEqual(await demo.stop(), { code: 0, signal: null }, demo.output);
  });
});

async function findArticle(reader) {
  const { page, demo } = reader;
  await page.goto(`${demo.site}/`);
  await reader.see(/front page/, { kind: 'site', shot: 'front page' });
  const title = await page.locator('article.lead h2').innerText();
  await page.locator('article.lead h2').getByRole('link').click();
  await reader.see(title, { kind: 'site', shot: 'article' });
}

async function signUpBeneath(reader) {
  const { page } = reader;
  const box = page.getByRole('region', { name: 'Stay updated on business news' });
  for (const topic of TOPICS) {
    await box.locator(`[name=topics][value=${topic}]`).setChecked(CHOSEN.includes(topic));
  }
  await box.getByLabel('Your email address').fill(reader.email);
  // The first digest is ticked already: this is one more.
  assert.deepEqual(await ticked(box, 'frequency'), ['daily']);
  await box.locator('[name=frequency][value=two-minutes]').check();
  await box.getByRole('button', { name: 'Sign up' }).click();
  if (reader.script) {
    // The script of the site's page lets the form answer in place.
    await box.getByRole('status').filter({ hasText: 'a link to confirm' }).waitFor();
    assert.ok(page.url().startsWith(`${reader.demo.site}/`), page.url());
    await reader.isAccessible(`${reader.name}: signed up beneath`);
    return;
  }
  await reader.see('Check your inbox');
  assert.ok(page.url().startsWith(`${reader.demo.service}/`), page.url());
  assert.match(await page.getByRole('main').innerText(), new RegExp(reader.email));
}

async function mistype(reader) {
  const { page } = reader;
  await page.goto(`${reader.demo.service}/ledger`);
  await reader.see('The Harbour Ledger', { shot: 'sign-up page' });
  const email = page.getByLabel('E-mail address');
  assert.equal(await email.getAttribute('aria-invalid'), null);
  await email.fill('ada@nowhere');
  await page.getByLabel(/^Name/).fill('Ada');
  await page.locator('[name=topics][value=retail]').check();
  await page.getByRole('group', { name: /^How often/ }).getByLabel(/^Weekly/).check();
  await page.getByRole('button', { name: 'Sign up' }).click();

  await page.locator('[aria-invalid=true]').waitFor();
  await reader.see('The Harbour Ledger', { shot: 'sign-up page with an error' });
  assert.equal(await email.getAttribute('aria-invalid'), 'true');
  const error = page.locator(`#${await email.getAttribute('aria-describedby')}`);
  assert.ok(await error.isVisible());
  assert.match(await error.innerText(), /domain/);
  assert.equal(await email.inputValue(), 'ada@nowhere');
  assert.equal(await page.getByLabel(/^Name/).inputValue(), 'Ada');
  assert.ok(await page.locator('[name=topics][value=retail]').isChecked());
  assert.deepEqual(await ticked(page, 'frequency'), ['daily', 'weekly']);
}

/** The values that are ticked of a form's field. */
async function ticked(within, name) {
  return within.locator(`[name=${name}]:checked`).evaluateAll((boxes) => boxes.map((box) => box.value));
}

async function signUpByKeyboard(reader) {
  const { page } = reader;
  await page.goto(`${reader.demo.service}/ledger`);
  await tabTo(page, '#email');
  await page.keyboard.type(reader.email);
  await tabTo(page, 'button[type=submit]');
  await page.keyboard.press('Enter');
  await reader.see('Check your inbox');
  await reader.openMail(/Confirm your subscription/, 15);
}

/** Presses Tab until the element has the focus, which must be visible on each stop. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate((wanted) => {
      const { activeElement } = document;
      const { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
      const marked = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
      return { there: activeElement.matches(wanted), marked, html: activeElement.outerHTML };
    }, selector);
    assert.ok(stop.marked, `the focus cannot be seen on ${stop.html}`);
    if (stop.there) return;
  }
  assert.fail(`Tab does not reach ${selector}`);
}

async function openConfirmation(reader) {
  const { page, demo } = reader;
  await reader.openMail(/Confirm your subscription/, 15);
  await page.getByRole('link', { name: 'Text', exact: true }).click();
  await page.waitForURL(/\/text$/);
  await reader.see(/Confirm your subscription/, { kind: 'inbox', shot: 'confirmation mail' });
  const [link] = (await page.getByLabel('The mail as text').innerText()).match(/http\S+\/confirm\/\S+/);
  assert.ok(link.startsWith(`${demo.service}/`), link);
  await page.goto(link);
  await reader.see('One tap left');
  assert.equal(await page.getByRole('button').count(), 1);
  assert.match(await page.getByRole('main').innerText(), /Daily, Every two minutes/);
}

async function readDigest(reader, articles) {
  await reader.openMail(/^(?!Confirm)/, 150);
  await reader.see(/./, { kind: 'inbox', shot: 'digest' });
  assert.match(await reader.header('List-Id').innerText(), /ledger/);
  assert.match(await reader.header('List-Unsubscribe').innerText(), /http\S+\/unsubscribe\//);
  assert.match(await reader.header('List-Unsubscribe-Post').innerText(), /One-Click/);

  const mail = reader.page.frameLocator('iframe');
  assert.equal(await mail.getByRole('heading', { level: 1 }).count(), 1);
  assert.equal(await mail.locator('script').count(), 0);
  const links = await mail.getByRole('link').evaluateAll((all) => all.map((link) => link.href));
  const paths = new Set(links.map((link) => new URL(link).pathname));
  const wanted = new Set(CHOSEN.flatMap((topic) => articles[topic]));
  const others = Object.values(articles).flat().filter((article) => !wanted.has(article));
  assert.ok(wanted.size > 2 && others.length > 0, 'the site has too few articles to tell');
  for (const article of wanted) assert.ok(paths.has(article), `the digest lacks ${article}`);
  for (const article of others) assert.ok(!paths.has(article), `${article} is of another topic`);
  const text = await mail.locator('body').innerText();
  assert.ok(text.includes(reader.email), 'the digest says why it came');
}

/** Saves another choice, and returns the address of the page. */
async function changeChoices(reader) {
  const mail = reader.page.frameLocator('iframe');
  await reader.followInMail(mail.locator('a[href*="/preferences/"]').first());
  const { page } = reader;
  await reader.see('Your choices');
  for (const topic of TOPICS) {
    const ticked = await page.locator(`[name=topics][value=${topic}]`).isChecked();
    assert.equal(ticked, CHOSEN.includes(topic), topic);
  }
  await untickAll(reader);
  await page.locator('[name=topics][value=retail]').check();
  await page.locator('[name=frequency][value=weekly]').check();
  await page.locator('[name=frequency][value=daily]').uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').waitFor();
  await reader.see('Your choices', { shot: 'choices saved' });

  const address = page.url();
  await page.goto(address);
  await reader.see('Your choices');
  assert.equal(await page.getByRole('status').count(), 0);
  assert.ok(await page.locator('[name=topics][value=retail]').isChecked());
  assert.deepEqual(await ticked(page, 'frequency'), ['weekly', 'two-minutes']);
  await reader.backToMail();
  return address;
}

/** A form without any digest is refused: its reader is told how to leave, and keeps the choices. */
async function untickAll(reader) {
  const { page } = reader;
  assert.deepEqual(await ticked(page, 'frequency'), ['daily', 'two-minutes']);
  for (const digest of ['daily', 'two-minutes']) {
    await page.locator(`[name=frequency][value=${digest}]`).uncheck();
  }
  await page.getByRole('button', { name: 'Save' }).click();
  const digests = page.getByRole('group', { name: /^How often/ });
  await digests.locator('.error').waitFor();
  await reader.see('Your choices', { shot: 'no digest ticked' });
  const error = page.locator(`#${await digests.getAttribute('aria-describedby')}`);
  assert.match(await error.innerText(), /at least one.*leave by the link below/);
  assert.ok(await page.getByRole('link', { name: 'Leave this newsletter' }).isVisible());
  assert.ok(await page.locator('[name=frequency][value=daily]').evaluate((box) => box === document.activeElement));
  assert.deepEqual(await ticked(page, 'frequency'), ['daily', 'two-minutes']);
}

async function leave(reader, preferences) {
  const mail = reader.page.frameLocator('iframe');
  await reader.followInMail(mail.locator('a[href*="/unsubscribe/"]').first());
  const { page } = reader;
  const address = page.url();
  const subscribed = async () => {
    await page.goto(preferences);
    await reader.see('Your choices', { shot: 'choices afterwards' });
    return (await page.getByRole('button', { name: 'Save' }).count()) === 1;
  };

  await reader.see(/^Leave /, { shot: 'leave' });
  assert.equal(await page.getByRole('button', { name: 'Leave this newsletter' }).count(), 1);
  assert.ok(await subscribed(), 'opening the link must not leave');

  await page.goto(address);
  await page.getByRole('button', { name: 'Leave this newsletter' }).click();
  await reader.see(/^You have left /, { shot: 'goodbye' });
  assert.ok(!(await subscribed()), 'has not left');

  await page.goto(address);
  await page.getByRole('button', { name: 'Undo' }).click();
  await reader.see('You are back');
  assert.ok(await subscribed(), 'is not back');

  await page.goto(address);
  await page.getByRole('button', { name: 'Leave this newsletter' }).click();
  await reader.see(/^You have left /, { shot: 'goodbye' });
  assert.ok(!(await subscribed()), 'has not left again');
}
