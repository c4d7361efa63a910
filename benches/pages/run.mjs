// Measures the readers' pages with Lighthouse in the Chromium of this machine, offline: each page as on
// a phone, `ROUNDS` times. Prints the median of each score, and ends with 1 below 98. `run` starts it.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import * as chromeLauncher from 'chrome-launcher';
import lighthouse from 'lighthouse';

import { Service } from '../../tests/browser/service.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const LEAST = 98;
const SCORES = ['performance', 'accessibility', 'best-practices'];

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const service = await Service.start();
const sender = ['--from', 'Ledger <ledger@ledger.example>', '--postal-address', '1 Quay Street'];
service.run('publication', 'create', 'ledger', '--name', 'The Harbour Ledger', ...sender, '--description', 'Business news.');
service.run('digest', 'create', 'ledger', 'daily', '--name', 'Daily', '--cron', '0 7 1 1 *');
service.run('topic', 'add', 'ledger', 'energy', '--name', 'Energy');
const articles = [1, 2, 3].map((n) => ({ title: `Berth ${n} opens`, url: `https://ledger.example/${n}`, topics: ['energy'] }));
await writeFile(path.join(service.folder, 'articles.json'), JSON.stringify(articles));
service.run('article', 'add', 'ledger', 'articles.json');
await service.serve();

const email = 'ada@reader.example';
await fetch(`${service.url}/ledger/subscribe`, { method: 'POST', body: new URLSearchParams({ email }) });
const confirm = await service.link(email, '/confirm/');
const never = await service.link(email, '/never/');
await fetch(confirm, { method: 'POST' });
await service.runAndServe('digest', 'send', 'ledger/daily', '--now', '--watch');
const pages = {
  'sign-up': `${service.url}/ledger`,
  frame: `${service.url}/embed/ledger?topic=energy`,
  archive: `${service.url}/ledger/archive`,
  'an issue': `${service.url}/ledger/archive/daily-1`,
  confirm,
  'never mail me': never,
  preferences: await service.link(email, '/preferences/'),
  leave: await service.link(email, '/unsubscribe/'),
};

const chrome = await chromeLauncher.launch({
  chromePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
let isBelow = false;
try {
  for (const [name, url] of Object.entries(pages)) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { lhr } = await lighthouse(url, { port: chrome.port, onlyCategories: SCORES, logLevel: 'error' });
      rounds.push(lhr);
    }
    const scores = SCORES.map((score) => median(rounds.map((lhr) => Math.round(lhr.categories[score].score * 100))));
    const shift = median(rounds.map((lhr) => lhr.audits['cumulative-layout-shift'].numericValue));
    const paint = median(rounds.map((lhr) => lhr.audits['largest-contentful-paint'].numericValue));
    isBelow ||= scores.some((score) => score < LEAST);
    const shown = SCORES.map((score, at) => `${score} ${scores[at]}`).join(', ');
    console.log(`${name}: ${shown}; largest paint ${Math.round(paint)} ms, shift ${shift}`);
    const audits = SCORES.flatMap((score) => rounds[0].categories[score].auditRefs.filter((ref) => ref.weight > 0));
    const missed = audits.map((ref) => rounds[0].audits[ref.id]).filter((audit) => audit.score !== null && audit.score < 0.9);
    for (const audit of missed) console.log(`  ${audit.id}: ${audit.title}`);
  }
} finally {
  chrome.kill();
  await service.stop();
}
process.exit(isBelow ? 1 : 0);
