// The whole journey in ways in which it must work as well: by the keyboard alone, in Italian, and in a
// language that is written from right to left; with and without JavaScript. Beneath an article, over the
// mail that asks, to the digest, the choices, out and back. And programs that open every link of the
// mails on the way change nothing.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Demo, Reader, keepClearOfEvenMinute, launch } from './support.mjs';

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 780 };
const ARABIC = path.join(path.dirname(fileURLToPath(import.meta.url)), 'ar.ftl');

const WORDS = {
  en: {
    asks: /Confirm your subscription/, inbox: 'Check your inbox', tap: 'One tap left', in: 'You are in',
    choices: 'Your choices', save: 'Save', leave: /^Leave /, out: 'Leave this newsletter',
    left: /^You have left /, undo: 'Undo', back: 'You are back',
  },
  it: {
    asks: /Confermi la Sua iscrizione/, inbox: 'Controlli la posta in arrivo', tap: 'Manca solo un clic',
    in: 'Iscrizione confermata', choices: 'Le Sue scelte', save: 'Salvare',
    leave: /^Annullare l’iscrizione a /, out: 'Annullare l’iscrizione', left: / è annullata$/,
    undo: 'Ripristinare l’iscrizione', back: 'Iscrizione ripristinata',
  },
  ar: {
    asks: /أكّد اشتراكك/, inbox: 'تحقّق من بريدك', tap: 'بقيت نقرة واحدة', in: 'تم اشتراكك',
    choices: 'اختياراتك', save: 'حفظ', leave: /^إلغاء الاشتراك في /, out: 'إلغاء الاشتراك',
    left: /^أُلغي اشتراكك في /, undo: 'تراجع', back: 'عاد اشتراكك',
  },
};
const READERS = [
  { name: 'keys', viewport: DESKTOP, script: true, language: 'en', locale: 'en-GB', keyboard: true, beneath: true },
  { name: 'keys-plain', viewport: DESKTOP, script: false, language: 'en', locale: 'en-GB', keyboard: true, beneath: true },
  { name: 'italiano-tutto', viewport: PHONE, script: false, language: 'it', locale: 'it-IT', beneath: true },
  { name: 'arabic', viewport: PHONE, script: true, language: 'ar', locale: 'ar-EG' },
  { name: 'arabic-wide-plain', viewport: DESKTOP, script: false, language: 'ar', locale: 'ar' },
];
const TOPICS = ['markets', 'energy', 'technology', 'shipping', 'retail'];
const CHOSEN = ['energy', 'shipping'];

describe('journeys', { timeout: 420_000 }, () => {
  let demo;
  let browser;
  const readers = [];

  before(async () => {
    demo = await Demo.start(['--language', `ar=${ARABIC}`]);
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await demo?.stop();
  });

  for (const one of READERS) {
    test(`${one.name}: signs up`, async () => {
      const reader = await Reader.arrive(browser, demo, one);
      Object.assign(reader, { keyboard: one.keyboard, language: one.language, beneath: one.beneath, words: WORDS[one.language] });
      await signUp(reader);
      readers.push(reader);
    });
  }

  test('all confirm; programs that open the links before do not', async () => {
    assert.equal(readers.length, READERS.length, 'some have not signed up');
    for (const reader of readers) await openConfirmation(reader);
    await keepClearOfEvenMinute(20);
    for (const reader of readers) await act(reader, reader.page.getByRole('main').getByRole('button').first());
    for (const reader of readers) await see(reader, reader.words.in);
  });

  for (const { name } of READERS) {
    test(`${name}: reads the digest, changes a choice, leaves and comes back`, async () => {
      const reader = readers.find((one) => one.name === name);
      assert.ok(reader, 'has not signed up');
      const links = await readDigest(reader);
      await choose(reader, links.preferences);
      await leave(reader, links);
      assert.deepEqual(reader.complaints, []);
    });
  }
});

/** Sees a page of the service, in the reader's language and direction. */
async function see(reader, heading) {
  await reader.see(heading, { shot: `${reader.language} ${heading}` });
  const html = reader.page.locator('html');
  assert.equal(await html.getAttribute('lang'), reader.language);
  const direction = await html.evaluate((root) => getComputedStyle(root).direction);
  assert.equal(direction, reader.language === 'ar' ? 'rtl' : 'ltr');
}

/** Presses Tab until the element has the focus, which can be seen on every stop. */
async function reach(reader, locator) {
  const { page } = reader;
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press('Tab');
    const hidden = await page.evaluate(() => {
      const { activeElement } = document;
      const { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
      const isSeen = outlineStyle === 'auto' || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
      return isSeen || activeElement === document.body ? null : activeElement.outerHTML;
    });
    assert.equal(hidden, null, 'the focus cannot be seen');
    if (await locator.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`Tab does not reach ${locator}`);
}

async function act(reader, locator, key = 'Enter') {
  if (!reader.keyboard) return locator.click();
  await reach(reader, locator);
  return reader.page.keyboard.press(key);
}

async function tick(reader, box, wanted) {
  if ((await box.isChecked()) === wanted) return;
  if (reader.keyboard) await act(reader, box, 'Space');
  else await box.setChecked(wanted);
  assert.equal(await box.isChecked(), wanted);
}

/** By the form beneath an article, or by the one of the service. */
async function signUp(reader) {
  const { page, demo } = reader;
  if (reader.beneath) {
    await page.goto(`${demo.site}/`);
    await act(reader, page.locator('article.lead h2').getByRole('link'));
    await page.getByRole('region', { name: /^Stay updated on/ }).waitFor();
  } else {
    await page.goto(`${demo.service}/ledger`);
    await see(reader, 'The Harbour Ledger');
  }
  const form = reader.beneath ? page.getByRole('region', { name: /^Stay updated on/ }) : page.getByRole('main');
  const email = form.locator('input[name=email]');
  if (reader.keyboard) {
    await reach(reader, email);
    await page.keyboard.type(reader.email);
  } else {
    await email.fill(reader.email);
  }
  for (const topic of TOPICS) {
    await tick(reader, form.locator(`[name=topics][value=${topic}]`), CHOSEN.includes(topic));
  }
  await tick(reader, form.locator('[name=frequency][value=two-minutes]'), true);
  await act(reader, form.locator('form button[type=submit]').first());
  if (reader.beneath && reader.script) {
    // The script of the site's page lets the form answer in place.
    await form.getByRole('status').filter({ hasText: 'a link to confirm' }).waitFor();
    return;
  }
  await see(reader, reader.words.inbox);
  assert.match(await page.getByRole('main').innerText(), new RegExp(reader.email));
}

async function openConfirmation(reader) {
  const { page, demo } = reader;
  await reader.openMail(reader.words.asks, 15);
  const mail = page.frameLocator('iframe');
  assert.equal(await mail.locator('html').getAttribute('lang'), reader.language);
  const links = await mail.getByRole('link').evaluateAll((all) => all.map((link) => link.href));
  const ours = [...new Set(links)].filter((link) => link.startsWith(`${demo.service}/`));
  const link = ours.find((one) => one.includes('/confirm/'));
  assert.ok(link && ours.some((one) => one.includes('/never/')), links.join(' '));
  await scan(reader, ours);
  await page.goto(link);
  await see(reader, reader.words.tap);
}

/** Opens links as programs do that look for dangers, or load pages before they are wanted. */
async function scan(reader, links) {
  const program = await reader.context.browser().newContext({ userAgent: 'Mozilla/5.0 (compatible; LinkScanner/1.0)' });
  const page = await program.newPage();
  for (const link of links) {
    const opened = await page.goto(link);
    assert.ok(opened.status() < 400, `${link}: ${opened.status()}`);
    await program.request.fetch(link, { method: 'HEAD' });
    await program.request.get(link, { headers: { 'Sec-Purpose': 'prefetch' } });
  }
  await program.close();
}

async function readDigest(reader) {
  const { page, demo } = reader;
  const others = new RegExp(`^(?!.*(${reader.words.asks.source}))`);
  await reader.openMail(others, 150);
  const mail = page.frameLocator('iframe');
  const html = mail.locator('html');
  assert.equal(await html.getAttribute('lang'), reader.language);
  if (reader.language === 'ar') assert.equal(await html.getAttribute('dir'), 'rtl');
  assert.ok((await mail.locator('body').innerText()).includes(reader.email), 'says why it came');
  await reader.picture('digest');
  const links = await mail.getByRole('link').evaluateAll((all) => all.map((link) => link.href));
  const ours = [...new Set(links)].filter((link) => link.startsWith(`${demo.service}/`));
  const of = (door) => ours.find((link) => link.includes(door));
  const doors = { preferences: of('/preferences/'), unsubscribe: of('/unsubscribe/') };
  assert.ok(doors.preferences && doors.unsubscribe, links.join(' '));
  await scan(reader, ours);
  return doors;
}

async function choose(reader, link) {
  const { page, words } = reader;
  await page.goto(link);
  await see(reader, words.choices);
  for (const topic of TOPICS) {
    const ticked = await page.locator(`[name=topics][value=${topic}]`).isChecked();
    assert.equal(ticked, CHOSEN.includes(topic), topic);
  }
  await tick(reader, page.locator('[name=topics][value=retail]'), true);
  await act(reader, page.getByRole('button', { name: words.save, exact: true }));
  await page.getByRole('status').first().waitFor();
  await see(reader, words.choices);
  assert.ok(await page.locator('[name=topics][value=retail]').isChecked());
}

async function leave(reader, links) {
  const { page, words } = reader;
  await page.goto(links.unsubscribe);
  await see(reader, words.leave);
  await act(reader, page.getByRole('button', { name: words.out, exact: true }));
  await see(reader, words.left);
  await act(reader, page.getByRole('button', { name: words.undo, exact: true }), 'Space');
  await see(reader, words.back);
  await page.goto(links.preferences);
  await see(reader, words.choices);
  assert.equal(await page.getByRole('button', { name: words.save, exact: true }).count(), 1);
}
