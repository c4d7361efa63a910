// The reader's journey in a language that is written from right to left. There is none among ours: the
// operator's own texts are one, made from the English by writing its letters with Arabic ones.

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';

import { Service } from './service.mjs';
import { launch } from './support.mjs';

const ENGLISH = fileURLToPath(new URL('../../src/render/texts/en.ftl', import.meta.url));
const LETTERS = 'ابتثجحخدذرزسشصضطظعغفقكلمنه';

/** The texts with Arabic letters; what stands in braces and the keys stay. */
function arabic(texts) {
  let depth = 0;
  const turned = texts.split('\n').map((line) => {
    if (line.startsWith('#')) return line;
    const value = depth === 0 ? line.indexOf(' = ') + 3 : 0;
    if (depth === 0 && value < 3) return line;
    const written = [...line.slice(value)].map((letter) => {
      if (letter === '{') depth += 1;
      if (letter === '}') depth -= 1;
      const at = letter.toLowerCase().charCodeAt(0) - 97;
      return depth === 0 && at >= 0 && at < LETTERS.length ? LETTERS[at] : letter;
    });
    return line.slice(0, value) + written.join('');
  });
  return turned.join('\n').replace(/^language-name = .*$/m, 'language-name = العربية');
}

describe('from right to left', { timeout: 180_000 }, () => {
  let service;
  let browser;
  let page;

  before(async () => {
    service = await Service.start({ env: { PAPERROUND__TEXTS__FOLDER: 'texts' }, prepare: async (folder) => {
      await mkdir(path.join(folder, 'texts'));
      await writeFile(path.join(folder, 'texts', 'ar.ftl'), arabic(await readFile(ENGLISH, 'utf8')));
    } });
    service.run('publication', 'create', 'ledger', '--name', 'The Harbour Ledger', '--from', 'Ledger <ledger@ledger.example>', '--postal-address', '1 Quay Street');
    service.run('topic', 'add', 'ledger', 'energy', '--name', 'Energy');
    for (const slug of ['daily', 'weekly']) service.run('digest', 'create', 'ledger', slug, '--name', slug, '--cron', '0 7 1 1 *');
    await service.serve();
    browser = await launch();
    const context = await browser.newContext({ viewport: { width: 320, height: 700 }, locale: 'ar-EG' });
    context.setDefaultTimeout(10_000);
    page = await context.newPage();
  });

  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  /** The page is turned as a whole, fits, and is accessible. */
  async function see(what) {
    await page.waitForLoadState('load');
    const turned = await page.evaluate(() => {
      const { lang, dir } = document.documentElement;
      const heading = document.querySelector('h1');
      const { direction, textAlign } = getComputedStyle(heading);
      return { lang, dir, direction, textAlign, text: heading.textContent, wide: document.scrollingElement.scrollWidth };
    });
    assert.equal(turned.lang, 'ar', what);
    assert.equal(turned.dir, 'rtl', what);
    assert.equal(turned.direction, 'rtl', what);
    assert.ok(turned.wide <= 320, `${what}: ${turned.wide} px wide`);
    if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, `rtl-${what}.png`), fullPage: true });
    await page.evaluate(axe.source);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const found = await page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id} ${v.nodes[0].html}`));
      assert.deepEqual(found, [], `${what}, ${colorScheme}`);
    }
  }

  const press = (what = 'main form button[type=submit]') => page.locator(what).first().click();

  test('from the form to leaving and back', async () => {
    await page.goto(`${service.url}/ledger`);
    await see('sign-up');
    const box = await page.locator('.pick input').first().boundingBox();
    const words = await page.locator('.pick span').first().boundingBox();
    assert.ok(box.x > words.x, 'a box stands to the right of its words');
    assert.equal(await page.locator('#email').getAttribute('dir'), 'ltr');
    await page.locator('#email').fill('ada@nowhere');
    await press();
    await page.locator('[aria-invalid=true]').waitFor();
    await see('sign-up-wrong');
    await page.locator('#email').fill('ada@reader.example');
    await press();
    await page.locator('.steps').waitFor();
    await see('check-inbox');
    await page.goto(await service.link('ada@reader.example', '/confirm/'));
    await see('confirm');
    await press();
    await page.waitForFunction(() => !document.querySelector('main form'));
    await see('confirmed');
    await page.locator('a[href*="/preferences/"]').click();
    await see('preferences');
    await press();
    await page.getByRole('status').waitFor();
    await see('saved');
    await page.locator('main a[href*="/unsubscribe/"]').first().click();
    await see('leave');
    await press();
    await page.locator('[value=undo]').first().waitFor({ state: 'attached' });
    await see('goodbye');
    await press('main form:has([value=undo]) button');
    await see('returned');
  });

  test('the frame and the archive are turned too', async () => {
    await page.goto(`${service.url}/embed/ledger?topic=energy`);
    await see('frame');
    await page.goto(`${service.url}/ledger/archive`);
    await see('archive');
  });
});
