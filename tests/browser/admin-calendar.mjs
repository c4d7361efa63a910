// The calendar in the operators' pages: a run is moved and left out, and holidays are kept.

import { go, press } from './admin-support.mjs';

/** The digest runs on New Year's Day. */
const YEAR = new Date().getUTCFullYear() + 1;

export const CALENDAR = [
  ['the calendar by week', go('/admin/calendar')],
  ['the calendar by month', go(`/admin/calendar?view=month&on=${YEAR}-01-05`)],
  ['a run', async ({ page }) => {
    await page.getByRole('link', { name: 'Daily' }).first().click();
    await page.waitForURL(/runs\/ledger\/daily/);
  }],
  ['a run is moved where it may not be', async ({ page }) => {
    await page.locator('#to').fill('2020-01-01T07:00');
    await press(page, 'Move this run');
  }],
  ['a run is moved', async ({ page }) => {
    await page.locator('#to').fill(`${YEAR}-01-03T18:30`);
    await press(page, 'Move this run');
    await page.getByText(/The run is moved to \w+ 3 Jan \d+, 18:30 CET\./).waitFor();
  }],
  ['a run is left out', ({ page }) => press(page, 'Leave it out')],
  ['no holiday', go('/admin/calendar/holidays')],
  ['holidays', async ({ page }) => {
    await page.locator('#date').fill(`${YEAR}-01-02`);
    await press(page, 'Add the holiday');
  }],
  ['the calendar of a busy week', go(`/admin/calendar?on=${YEAR}-01-03`)],
];
