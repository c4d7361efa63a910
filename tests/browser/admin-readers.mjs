// Readers in the operators' pages: found, changed, suppressed.

import { go, press } from './admin-support.mjs';

export const READERS = [
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
];
