// The operators' pages, each with the way to it: a page that is new is one line here. They are looked at in
// this order, and each may lean on what was done before.

import { CALENDAR } from './admin-calendar.mjs';
import { IMPORTS } from './admin-imports.mjs';
import { ISSUES } from './admin-issues.mjs';
import { PLACES } from './admin-places.mjs';
import { READERS } from './admin-readers.mjs';
import { PASSWORD, go, press, totp } from './admin-support.mjs';

export const PAGES = [
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
  ...PLACES,
  ...READERS,
  ...IMPORTS,
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
export const DOORS = [
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
