// Looks at the operators' pages with the same eyes as at the readers': axe-core, in the light and in the
// dark, wide and on a phone, nothing to scroll sideways, no errors in the console.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import axe from 'axe-core';

export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };
const MOST_BYTES = 150_000;

/** A page whose complaints and requests are kept. */
export async function watched(world, context) {
  const page = await context.newPage();
  world.complaints = [];
  world.loads = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) world.complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) world.loads = [];
    // What follows an issue has no end.
    if (request.resourceType() !== 'eventsource') world.loads.push(request);
  });
  return page;
}

/** Looks at the open page in every light and width. */
export async function look(world, name) {
  const { page } = world;
  let bytes = 0;
  for (const request of world.loads) {
    const response = await request.response();
    // Given up, since the page was left.
    if (!response) continue;
    bytes += (await response.body().catch(() => '')).length;
    assert.ok(request.url().startsWith(world.url), request.url());
  }
  assert.ok(bytes > 0 && bytes < MOST_BYTES, `${bytes} bytes`);
  for (const viewport of [WIDE, PHONE]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const where = `${name}, ${viewport.width} px, ${colorScheme}`;
      await picture(page, where);
      const { wide, small } = await page.evaluate(measures);
      assert.ok(wide <= viewport.width, `${where}: ${wide} px wide`);
      assert.deepEqual(small, [], `${where}: text under 13 px`);
      await isAccessible(page, where);
    }
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(world.complaints.splice(0), []);
}

/** Runs in the page: its width, and words that are set smaller than may be. */
function measures() {
  const small = [...document.body.querySelectorAll('*')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
    .filter((element) => parseFloat(getComputedStyle(element).fontSize) < 13)
    .map((element) => element.outerHTML.slice(0, 100));
  return { wide: document.scrollingElement.scrollWidth, small };
}

/** The checker is a script; the page's policy lets files of the service in, and this by the debugger. */
async function isAccessible(page, where) {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ['violations'], iframes: false });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`)}`);
  });
  assert.deepEqual(violations, [], where);
}

async function picture(page, what) {
  const { SHOTS } = process.env;
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  const file = `admin ${what}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  await page.screenshot({ path: path.join(SHOTS, `${file}.png`), fullPage: true });
}
