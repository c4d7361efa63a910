// Makes docs/pictures: each design in the light, in the dark, on a phone and without its pictures, and
// from right to left. The mails are the snapshots that the unit tests keep: node pictures.mjs
//
// Then the operators' pages of a newsroom, in the light and on a phone in the dark. Names make those alone:
// node pictures.mjs today relays

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { PICTURED, close, open } from './newsroom.mjs';
import { smaller } from './palette.mjs';
import { launch } from './support.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const SNAPSHOTS = path.join(ROOT, 'src/render/snapshots/paperround__render__');
const MAILS = {
  editorial: 'tests__digest_html.snap',
  compact: 'design_tests__digest_compact_html.snap',
  plain: 'design_tests__digest_plain_html.snap',
  'right-to-left': 'design_tests__digest_rtl_html.snap',
};
const VIEWS = [
  { width: 640 },
  { width: 640, dark: true },
  { width: 320 },
  { width: 640, pictures: false },
];
/** How much of a mail is shown, and at which scale. */
const HEIGHT = 940;
const SCALE = 0.55;

/** What stands for every picture of an article. */
const QUAY = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675" viewBox="0 0 1200 675">
<rect width="1200" height="675" fill="#d5dcdd"/><rect y="450" width="1200" height="225" fill="#6d8790"/>
<path fill="#3f4f57" d="M150 450V180h16v10h220v12H166v248zM360 202v70h8v-70zM430 450V140h16v10h270v12H446v288zM680
162v90h8v-90z"/><path fill="#8a4b32" d="M640 400h470l-40 70H670z"/><path fill="#a9763f" d="M700 350h110v50H700z"/>
<path fill="#3f6f73" d="M820 330h110v70H820z"/><path fill="#c9c2b2" d="M990 300h70v100h-70z"/></svg>`;

async function mail(name) {
  const snapshot = await readFile(SNAPSHOTS + MAILS[name], 'utf8');
  return snapshot.slice(snapshot.indexOf('<!DOCTYPE'));
}

/** One view of a mail, as the address of a picture. */
async function view(browser, html, { width, dark = false, pictures = true }) {
  const page = await browser.newPage({
    viewport: { width, height: HEIGHT },
    colorScheme: dark ? 'dark' : 'light',
  });
  await page.route('**/*', (route) => {
    if (route.request().resourceType() === 'document') {
      return route.fulfill({ contentType: 'text/html; charset=utf-8', body: html });
    }
    return pictures ? route.fulfill({ contentType: 'image/svg+xml', body: QUAY }) : route.abort();
  });
  await page.goto('http://mail.example/');
  const taken = await page.screenshot();
  await page.close();
  return `data:image/png;base64,${taken.toString('base64')}`;
}

/** Views side by side, as a file of docs/pictures. */
async function keep(browser, name, views) {
  const page = await browser.newPage();
  await page.setContent(`<body style="margin:0"><section style="display:inline-flex;gap:12px;padding:12px;
    background:#c8c6c1">${views.join('')}</section>`);
  const png = smaller(await page.locator('section').screenshot());
  await page.close();
  await writeFile(path.join(ROOT, 'docs/pictures', `${name}.png`), png);
  console.log(`${name}: ${png.length} bytes`);
}

async function sheet(browser, name) {
  const html = await mail(name);
  const views = [];
  for (const look of VIEWS) {
    // A design without pictures looks the same without them.
    if (look.pictures === false && !html.includes('<img')) continue;
    const width = Math.round(look.width * SCALE);
    const src = await view(browser, html, look);
    views.push(`<img src="${src}" width="${width}" height="${Math.round(HEIGHT * SCALE)}">`);
  }
  await keep(browser, name, views);
}

/** How much of a page is shown. */
const TALL = 900;
const WINDOWS = [
  { width: 1280, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
];

/** The open page in the light, and on a phone in the dark. */
async function pair(browser, name, page) {
  const views = [];
  for (const { width, colorScheme } of WINDOWS) {
    await page.setViewportSize({ width, height: TALL });
    await page.emulateMedia({ colorScheme });
    const taken = await page.screenshot();
    views.push(`<img src="data:image/png;base64,${taken.toString('base64')}" width="${width * SCALE}" height="${TALL * SCALE}">`);
  }
  await page.setViewportSize({ width: WINDOWS[0].width, height: TALL });
  await page.emulateMedia({ colorScheme: 'light' });
  await keep(browser, name, views);
}

const asked = process.argv.slice(2);
const isAsked = (name) => asked.length === 0 || asked.includes(name);

await mkdir(path.join(ROOT, 'docs/pictures'), { recursive: true });
const browser = await launch();
for (const name of Object.keys(MAILS).filter(isAsked)) await sheet(browser, name);
const pages = Object.entries(PICTURED).filter(([name]) => isAsked(name));
if (pages.length) {
  const world = await open(browser);
  try {
    for (const [name, show] of pages) {
      await show(world);
      await pair(browser, name, world.page);
    }
  } finally {
    await close(world);
  }
}
await browser.close();
