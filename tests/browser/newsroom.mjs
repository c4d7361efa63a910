// A newsroom for the pictures in the docs: a publication with two months behind it, readers, an issue that
// has gone out, and one that is coming. `PICTURED` says which pages are shown, and how one comes there.
//
// What days have counted cannot be made up by commands, so that is written into the database, with Python.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

import { PASSWORD, go, press } from './admin-support.mjs';
import { BINARY, until } from './support.mjs';
import { Service } from './service.mjs';

const OWNER = 'ann@ledger.example';
const READER = 'ada.lee@inbox.example';
const DAY = 86_400_000;
/** How many days of the past are made up, and who reads at their end and has left by then. */
const DAYS = 60;
const READERS = 1240;
const LEFT = 196;
const TOPICS = { shipping: 'Ports and shipping', energy: 'Energy', markets: 'Markets' };

const YESTERDAY = [
  ['Ferry line orders three battery ships', 'shipping', 'The first is to sail in the spring of next year.'],
  ['Grid fees fall for the first time in a decade', 'energy', 'Households save about forty a year.'],
  ['Grain exchange ends the week higher', 'markets', 'A late harvest in the south drove prices up.'],
];
const NEWS = [
  ['A quiet quarter for the savings banks', 'markets', 'Margins shrink, and so do the losses.'],
  ['Pilots and port agree on longer rests', 'shipping', 'A strike that would have closed the harbour on Friday is off.'],
  ['Copper at its highest since the spring', 'markets', 'Traders expect a shortage of cathodes until the summer.'],
  ['Heat from data centres to warm 9,000 flats', 'energy', 'The city works will lay four kilometres of pipe under the canal.'],
  ['Wind auction draws eleven bidders, twice as many as last year', 'energy', 'Cheaper turbines and a guaranteed price have brought foreign utilities back.'],
  ['Portmouth clears the way for its largest terminal in forty years', 'shipping', 'The port authority has approved a second deep-water terminal on the east quay. Work starts in March.'],
];

function articles(list) {
  return JSON.stringify(list.map(([title, topic, text]) => ({
    title, topics: [topic], summary_markdown: text, url: `https://harbourledger.example/${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
  })));
}

/** A site with a feed that has nothing new. */
async function site() {
  const feed = '<rss version="2.0"><channel><title>The Harbour Ledger</title><link>https://harbourledger.example</link><description>News</description></channel></rss>';
  const server = createServer((_, answer) => answer.setHeader('content-type', 'application/rss+xml').end(feed));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Domains as readers have them, the most common first. */
const DOMAINS = ['mail.example', 'mail.example', 'mail.example', 'post.example', 'post.example', 'inbox.example', 'quay.example'];

/** Readers, and those who have left. */
function list() {
  const row = (n) => `reader${n}@${DOMAINS[n % DOMAINS.length]},${n < READERS ? 'confirmed' : 'unsubscribed'}`;
  return ['email,status', ...Array.from({ length: READERS + LEFT }, (_, n) => row(n)), ''].join('\n');
}

/** Numbers that look like chance and are the same each time. */
function dice(seed) {
  let state = seed;
  return (most) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % most;
  };
}

/** The statements that write the past: readers, sign-ups and issues by day. */
function past() {
  const roll = dice(7);
  const day = (back) => new Date(Date.now() - back * DAY);
  const date = (back) => day(back).toISOString().slice(0, 10);
  const of = "FROM publications WHERE slug = 'ledger'";
  const statements = [];
  let [active, left, number] = [READERS, LEFT, 0];
  const readers = [];
  for (let back = 1; back <= DAYS; back += 1) {
    readers.push(`INSERT INTO reader_days SELECT id, '${date(back)}', ${active}, ${4 + roll(9)}, ${left} ${of};`);
    const [joined, gone] = [6 + roll(14), roll(5)];
    active -= joined - gone;
    left -= gone;
    const steps = { asked: joined + 3 + roll(4), mailed: joined + 2, confirmed: joined, expired: 1 + roll(2) };
    for (const [step, count] of Object.entries(steps)) {
      statements.push(`INSERT INTO sign_up_days SELECT id, '${date(back)}', '${step}', ${count} ${of};`);
    }
  }
  for (let back = DAYS; back >= 1; back -= 1) {
    if ([0, 6].includes(day(back).getUTCDay())) continue;
    number += 1;
    const at = `${date(back)}T06:00:00+00:00`;
    const id = `X'${number.toString(16).padStart(32, '0')}'`;
    statements.push(`INSERT INTO issues (id, digest_id, publication_id, number, state, planned_at, started_at, finished_at, created_at, filled_at, recipients, summed_at, drawn_at, refusals_at)
      SELECT ${id}, id, publication_id, ${number}, 'sent', '${at}', '${at}', '${at}', '${at}', '${at}', 0, '${at}', '${at}', '${at}' FROM digests WHERE slug = 'daily';`);
    const mails = READERS - back * 9;
    for (const [domain, share] of [['mail.example', 0.43], ['post.example', 0.29], ['inbox.example', 0.14], ['quay.example', 0.14]]) {
      statements.push(`INSERT INTO issue_domains VALUES (${id}, '${domain}', ${Math.round(mails * share)}, ${roll(4)}, 0, ${roll(2)});`);
    }
  }
  return [...readers, ...statements, `UPDATE digests SET last_number = ${number} WHERE slug = 'daily';`].join('\n');
}

function write(service, statements) {
  const script = 'import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=30).executescript(sys.stdin.read())';
  execFileSync('python3', ['-c', script, path.join(service.folder, 'paperround.db')], { input: statements });
}

/** A reader who came by the form, in a window of her own. */
async function signUp({ browser, service }) {
  const page = await browser.newPage({ locale: 'en-GB', timezoneId: 'Europe/Berlin' });
  await page.goto(`${service.url}/ledger`);
  await page.locator('#email').fill(READER);
  await page.locator('#name').fill('Ada Lee');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.goto(await service.link(READER, '/confirm/'));
  await page.getByRole('main').getByRole('button').first().click();
  await page.getByRole('heading', { name: 'You are in' }).waitFor();
  await page.close();
}

/** The same reader wants less. */
async function choose({ browser, service }) {
  const page = await browser.newPage({ locale: 'en-GB' });
  await page.goto(await service.link(READER, '/preferences/'));
  await page.getByLabel('Markets').uncheck();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.close();
}

async function send(service) {
  await service.runAndServe('digest', 'send', 'ledger/daily', '--yes', '--watch').catch(() => {});
}

/** Three relays: one that works, one that nobody answers at, and one in reserve. */
async function useRelays(service) {
  delete service.env.PAPERROUND__RELAY__URL;
  const relay = (name, port, more) => `[[relay]]\nname = "${name}"\nurl = "smtp://127.0.0.1:${port}"\n${more}\n`;
  const { port } = service.mail;
  const all = [relay('harbour', port, 'weight = 3'), relay('city', 1, 'weight = 1'), relay('reserve', port, 'backup = true')];
  await writeFile(path.join(service.folder, 'paperround.toml'), ['[security]\nsecret_key_file = "paperround.key"\n', ...all].join('\n'));
}

export async function open(browser) {
  const server = await site();
  const service = await Service.start({ env: { PAPERROUND__FEEDS__ALLOW_PRIVATE_ADDRESSES: 'true' } });
  await useRelays(service);
  const world = { service, browser, server, url: service.url };
  const save = (name, text) => writeFile(path.join(service.folder, name), text);
  service.run('publication', 'create', 'ledger', '--name', 'The Harbour Ledger', '--timezone', 'Europe/Berlin', '--language', 'en',
    '--from', 'The Harbour Ledger <news@harbourledger.example>', '--postal-address', '1 Old Quay, Portmouth');
  for (const [slug, name] of Object.entries(TOPICS)) service.run('topic', 'add', 'ledger', slug, '--name', name);
  service.run('digest', 'create', 'ledger', 'daily', '--name', 'The Daily', '--cron', '0 7 * * mon-fri', '--section', 'shipping:3', '--section', 'energy:3');
  service.run('digest', 'create', 'ledger', 'weekly', '--name', 'The Week', '--cron', '0 8 * * sat', '--design', 'plain');
  execFileSync(BINARY, ['operator', 'add', OWNER, '--role', 'owner', '--password-stdin'], { cwd: service.folder, env: service.env, input: PASSWORD });
  await save('readers.csv', list());
  service.run('subscriber', 'import', 'ledger', 'readers.csv', '--confirmed', '--consent', 'The Daily, every weekday at seven.');
  write(service, past());
  await save('yesterday.json', articles(YESTERDAY));
  await save('news.json', articles(NEWS));
  service.run('article', 'add', 'ledger', 'yesterday.json');
  await service.serve();
  const address = `http://127.0.0.1:${server.address().port}`;
  await service.runAndServe('feed', 'add', 'ledger', `${address}/news.rss`);
  await signUp(world);
  await send(service);
  await choose(world);
  service.run('article', 'add', 'ledger', 'news.json');
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', timezoneId: 'Europe/Berlin' });
  world.page = await context.newPage();
  await world.page.goto(`${service.url}/admin/sign-in`);
  await world.page.locator('#email').fill(OWNER);
  await world.page.locator('#password').fill(PASSWORD);
  await press(world.page, 'Sign in');
  return world;
}

export async function close({ service, server }) {
  await service.stop();
  server.close();
}

/** A file whose second column holds what nobody asked for, and in which one row cannot be read. */
async function upload({ page, url }) {
  await page.goto(`${url}/admin/p/ledger/imports`);
  const rows = ['E-Mail;Name;Source', 'dan@quay.example;Dan Okoro;fair', 'eva@mail.example;Eva Lind;fair', 'nobody;Nobody;fair', 'reader7@inbox.example;;fair', 'fay@mail.example;Fay Moss;fair'];
  await page.locator('#file').setInputFiles({ name: 'readers of the fair.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
  await press(page, 'Upload the file');
  await page.getByLabel('They have agreed already').check();
  await page.locator('#consent').fill('Yes, send me The Daily every weekday at seven.');
  await press(page, 'Check the file');
  await page.getByRole('button', { name: /^Import \d+ readers$/ }).waitFor();
}

/** An issue on its way to a slow mail server. */
async function goOut({ page, service, url }) {
  service.mail.delay = 100;
  const id = service.run('digest', 'send', 'ledger/daily', '--yes').trim();
  await page.goto(`${url}/admin/issues/${id}`);
  await page.getByText(/at \d+\/s, .* left/).waitFor();
}

async function ofReader({ page, url }) {
  await page.goto(`${url}/admin/readers?q=${READER}`);
  await page.getByRole('link', { name: READER }).click();
  await page.waitForURL(/readers\/.+/);
}

/** A run is moved and one is left out. */
async function plan({ page, service, url }) {
  const runs = service.run('digest', 'next', 'ledger/daily', '-n', '4', '--json').trim().split('\n').map((line) => JSON.parse(line).at);
  service.run('digest', 'skip', 'ledger/daily', '--at', runs[2]);
  service.run('digest', 'move', 'ledger/daily', '--at', runs[1], '--to', runs[1].replace(/T.*/, 'T16:30:00Z'));
  await page.goto(`${url}/admin/calendar?on=${runs[1].slice(0, 10)}`);
}

/** The pages by the names of their pictures, in the order in which they are taken. */
export const PICTURED = {
  today: go('/admin'),
  'coming-issue': go('/admin/p/ledger/digests/daily/edit'),
  calendar: plan,
  import: upload,
  statistics: go('/admin/p/ledger/statistics'),
  relays: go('/admin/relays'),
  reader: ofReader,
  issue: goOut,
};
