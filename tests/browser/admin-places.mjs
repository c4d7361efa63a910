// Publications, topics, digests, their coming issues, and feeds in the operators' pages.

import assert from 'node:assert/strict';

import { go, press } from './admin-support.mjs';

/** Unfolds a part of a form. */
const unfold = (page, name) => page.locator('summary', { hasText: new RegExp(`^${name}`) }).click();

export const PLACES = [
  ['publications', go('/admin/publications')],
  ['a publication that is refused', async ({ page }) => {
    for (const [name, value] of Object.entries({ name: 'X', slug: 'admin', from_name: 'X', from_email: 'x@x.example', postal_address: 'X', timezone: 'Europe/Atlantis' })) {
      const field = page.locator(`#in-${name}`);
      if (!(await field.isVisible())) await unfold(page, 'More');
      await field.fill(value);
    }
    await press(page, 'Make the publication');
  }],
  ['a publication', go('/admin/p/ledger')],
  ['opens are counted by choice alone', async ({ page }) => {
    const box = page.getByRole('group', { name: 'Opens of mails' }).getByRole('checkbox');
    assert.equal(await box.isChecked(), false);
    await page.getByText('Little can be read from opens').waitFor();
    await box.check();
    await press(page, 'Save');
    assert.equal(await box.isChecked(), true);
  }],
  ['no topics', go('/admin/p/evening/topics')],
  ['topics and a rule', async ({ page, url }) => {
    await page.goto(`${url}/admin/p/ledger/topics`);
    await page.locator('#in-words').fill('harbour');
    await press(page, 'Add the rule');
  }],
  ['no digests', go('/admin/p/evening/digests')],
  ['digests', go('/admin/p/ledger/digests')],
  ['making a digest', async ({ page }) => {
    await press(page, 'Make a digest', 'link');
    assert.equal(await page.locator('#in-cron').isVisible(), false);
    assert.equal(await page.locator('#in-design').isVisible(), false, 'what hardly anybody changes is folded');
    await unfold(page, 'Look');
    const designs = await page.locator('#in-design option').allInnerTexts();
    assert.deepEqual(designs, ['As the publication (editorial)', 'editorial', 'compact', 'plain']);
    await page.getByLabel('Design of its mails').selectOption('plain');
    await page.locator('#in-goes_out').selectOption('monthly');
    assert.equal(await page.locator('#in-day').isVisible(), true);
    assert.equal(await page.locator('#in-weekday').isVisible(), false);
  }],
  ['the runs that a digest would have', async ({ page }) => {
    await unfold(page, 'Days and hours');
    await page.locator('#in-holidays').fill('2026-12-25');
    await press(page, 'Show the next runs');
  }],
  ['a digest that is refused', async ({ page }) => {
    await page.locator('#in-name').fill('Monthly');
    await unfold(page, 'Articles');
    await page.locator('#in-max_items').fill('1000');
    await press(page, 'Make the digest');
  }],
  ['a digest is made', async ({ page }) => {
    await page.locator('#in-max_items').fill('20');
    await press(page, 'Make the digest');
    assert.equal(await page.locator('dt', { hasText: 'Design' }).locator('+ dd').innerText(), 'plain');
  }],
  ['a recipe', async ({ page }) => {
    await press(page, 'Change the recipe', 'link');
    await page.getByLabel('Design of its mails').selectOption({ label: 'As the publication (editorial)' });
    await press(page, 'Save');
    await page.getByText('as the publication (editorial)').waitFor();
    await press(page, 'Change the recipe', 'link');
    assert.equal(await page.locator('#in-design').inputValue(), 'publication');
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
    await press(page, 'Check, test, send', 'link');
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
];
