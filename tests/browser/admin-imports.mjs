// Imports in the operators' pages: a small file with its columns, and a large one that takes its time.

import assert from 'node:assert/strict';

import { go, press } from './admin-support.mjs';
import { until } from './support.mjs';

/** Rows of the large file, of which one in a hundred cannot be read. */
const ROWS = 100_000;
const BAD = ROWS / 100;

function largeFile() {
  const row = (n) => (n % 100 === 0 ? `nobody ${n}` : `reader${n}@large.example`);
  return Buffer.from(['email', ...Array.from({ length: ROWS }, (_, n) => row(n)), ''].join('\n'));
}

/** Waits for the end of work, and looks that the page has told how far it is meanwhile, where there was time. */
async function followed(page, what, end) {
  const told = new Set();
  const began = Date.now();
  await until(`the end of ${what}`, 240, async () => {
    const bar = page.locator('progress[value]');
    const value = await bar.getAttribute('value', { timeout: 100 }).catch(() => null);
    if (value !== null) told.add(Number(value));
    return end.isVisible().catch(() => false);
  });
  const between = [...told].filter((value) => value > 0 && value < ROWS);
  const seconds = (Date.now() - began) / 1000;
  assert.ok(between.length > 0 || seconds < 3, `${what}: the page told ${[...told]}`);
}

export const IMPORTS = [
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
  ['a large file is checked', async ({ page, url }) => {
    await page.goto(`${url}/admin/p/evening/imports`);
    await page.locator('#file').setInputFiles({ name: 'the old list.csv', mimeType: 'text/csv', buffer: largeFile() });
    await press(page, 'Upload the file');
    await page.getByLabel('They have agreed already').check();
    await page.locator('#consent').fill('I want to read it.');
    await press(page, 'Check the file');
    await page.getByRole('button', { name: 'Import 99,000 readers' }).waitFor({ timeout: 60_000 });
    await page.getByRole('row', { name: /^rejected 1,000 / }).waitFor();
    await page.getByText(`And ${BAD - 10} more.`).waitFor();
  }],
  ['a large import', async ({ page }) => {
    await press(page, 'Import 99,000 readers');
    await followed(page, 'the import', page.getByRole('button', { name: 'Undo the import' }));
    await page.getByRole('row', { name: /^confirmed 99,000 / }).waitFor();
  }],
  ['a large import is undone', async ({ page, service }) => {
    await press(page, 'Undo the import');
    await followed(page, 'the undo', page.getByRole('row', { name: /^taken away 99,000 / }));
    assert.doesNotMatch(service.run('subscriber', 'find', '@large.example'), /reader/);
  }],
];
