// What the browser tests need besides the journey itself: the demo as a process, a browser, and a
// reader who looks at every page with the same strict eyes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
export const BINARY = path.resolve(FOLDER, process.env.PAPERROUND_BIN ?? '../../target/debug/paperround');
const SHOTS = process.env.SHOTS;

const MOST_BYTES = 30_000;

/** Asks until `probe` gives something truthy, and returns that. */
export async function until(what, seconds, probe) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    assert.ok(Date.now() < end, `${what}: nothing within ${seconds} s`);
    await sleep(250);
  }
}

/** Waits, if an even minute is about to begin, until it has begun. */
export async function keepClearOfEvenMinute(seconds) {
  const left = 120_000 - (Date.now() % 120_000);
  if (left < seconds * 1000) await sleep(left + 2000);
}

/** Whether nobody listens on a port of this machine. */
async function isFree(port) {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** The first of three free ports in a row. */
export async function freePorts() {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    // Below the range from which systems take the ports of outgoing connections.
    const first = 20_000 + 3 * Math.floor(Math.random() * 4000);
    const free = await Promise.all([first, first + 1, first + 2].map(isFree));
    if (free.every(Boolean)) return first;
  }
  throw new Error('found no three free ports in a row');
}

async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** A running `paperround demo`. */
export class Demo {
  /** `more` are further arguments. */
  static async start(more = []) {
    const port = await freePorts();
    const demo = new Demo();
    demo.output = '';
    demo.process = spawn(BINARY, ['demo', '--port', `${port}`, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => (demo.output += chunk);
    demo.process.stdout.on('data', keep);
    demo.process.stderr.on('data', keep);
    // An `error` is a binary that is not there.
    demo.ended = once(demo.process, 'exit').catch((error) => [`${error}`, null]);
    demo.ended.then(([code]) => (demo.exit = code));
    [demo.site, demo.service, demo.inbox] = [0, 1, 2].map((n) => `http://127.0.0.1:${port + n}`);
    const doors = [demo.site, `${demo.service}/ledger`, demo.inbox];
    try {
      await until('the demo answers', 30, async () => {
        assert.equal(demo.exit, undefined, `${BINARY} ended early:\n${demo.output}`);
        return (await Promise.all(doors.map(answers))).every(Boolean);
      });
    } catch (error) {
      demo.process.kill('SIGKILL');
      throw error;
    }
    return demo;
  }

  /** Ends it as Ctrl-C does; gives the exit code, and how it had to be ended otherwise. */
  async stop() {
    if (this.exit === undefined) this.process.kill('SIGINT');
    const late = setTimeout(() => this.process.kill('SIGKILL'), 15_000);
    const [code, signal] = await this.ended;
    clearTimeout(late);
    return { code, signal };
  }

  /** The paths of the articles that are out, by topic. */
  async articles(topics) {
    const found = {};
    for (const topic of topics) {
      const html = await (await fetch(`${this.site}/topics/${topic}`)).text();
      const list = html.slice(html.indexOf('class="stories"'), html.indexOf('</ol>'));
      found[topic] = [...list.matchAll(/<h2><a href="(\/articles\/[^"]+)"/g)].map((hit) => hit[1]);
    }
    return found;
  }
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Somebody with a browser window and an address of their own. */
export class Reader {
  /** `script` says whether the window runs JavaScript; `locale` is what it asks for. */
  static async arrive(browser, demo, { name, viewport, script, locale = 'en-GB' }) {
    const reader = new Reader();
    Object.assign(reader, { demo, name, script, phone: viewport.width < 600 });
    reader.email = `${name}@reader.example`;
    reader.context = await browser.newContext({
      viewport,
      locale,
      javaScriptEnabled: script,
      hasTouch: reader.phone,
      isMobile: reader.phone,
      // The accessibility checker is an inline script, which the pages' policies forbid. The windows
      // without JavaScript keep the policies, so that these are tried as well.
      bypassCSP: script,
    });
    reader.context.setDefaultTimeout(15_000);
    reader.complaints = [];
    reader.loads = [];
    reader.watch();
    reader.page = await reader.context.newPage();
    return reader;
  }

  /** Notes requests, errors and what comes back; also for windows that a link opens. */
  watch() {
    this.context.on('request', (request) => {
      const inFrame = /\/mails\/\d+\/html$/.test(request.url());
      if (request.resourceType() === 'document' && !inFrame) this.loads = [];
      this.loads.push(request);
    });
    this.context.on('console', (message) => {
      if (message.type() !== 'error') return;
      // A form that is refused answers 422, which the console calls a failure.
      if (/status of 422/.test(message.text())) return;
      // Only a window that bypasses the pages' policy asks for this.
      if (this.script && message.location().url.endsWith('/favicon.ico')) return;
      // The test's own looks into a mail; that the mail has no scripts is checked elsewhere.
      if (/^Blocked script execution in '[^']+\/mails\/\d+\/html'/.test(message.text())) return;
      this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    this.context.on('weberror', (error) => this.complaints.push(`${error.error()}`));
  }

  /** Checks the page that has just come, which must have this heading. */
  async see(heading, { kind = 'service', shot = heading } = {}) {
    const { page } = this;
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await page.waitForLoadState('load');
    const where = `${this.name}: ${heading}`;
    await this.fits(where);
    assert.deepEqual(this.complaints, [], `${where}: errors in the console`);
    if (kind === 'service') await this.isLight(where);
    await this.picture(shot);
    if (this.script && kind !== 'inbox') await this.isAccessible(where);
  }

  /** Nobody scrolls sideways. */
  async fits(where) {
    const { wide, window } = await this.page.evaluate(() => ({
      wide: document.scrollingElement.scrollWidth,
      window: innerWidth,
    }));
    // A phone widens the layout to what does not fit, so its own width counts as well.
    const own = this.page.viewportSize().width;
    assert.ok(wide <= Math.min(window, own), `${where}: ${wide} px wide in ${own} px`);
  }

  /** One small answer makes up the whole page. */
  async isLight(where) {
    const urls = this.loads.map((request) => request.url());
    assert.equal(urls.length, 1, `${where}: requests ${urls.join(' ')}`);
    const response = await this.loads[0].response();
    const { length } = await response.body();
    assert.ok(length > 0 && length < MOST_BYTES, `${where}: ${length} bytes`);
  }

  async isAccessible(where) {
    await this.page.evaluate(axe.source);
    for (const colorScheme of ['dark', 'light']) {
      await this.page.emulateMedia({ colorScheme });
      const violations = await this.page.evaluate(async () => {
        const result = await window.axe.run(document, { resultTypes: ['violations'] });
        return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`)}`);
      });
      assert.deepEqual(violations, [], `${where}, ${colorScheme}`);
      if (colorScheme === 'dark') await this.picture(`${where} dark`);
    }
  }

  async picture(what) {
    if (!SHOTS) return;
    await mkdir(SHOTS, { recursive: true });
    const file = `${this.name} ${what}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    await this.page.screenshot({ path: path.join(SHOTS, `${file}.png`), fullPage: true });
  }

  /** Opens the newest mail to this reader whose subject matches, once it has come. */
  async openMail(subject, seconds) {
    const mine = this.page
      .getByRole('listitem')
      .filter({ hasText: `to ${this.email}` })
      .filter({ has: this.page.locator('.subject', { hasText: subject }) })
      .getByRole('link');
    // Loads the list anew by itself: the list's own refresh would come between look and click.
    const href = await until(`a mail to ${this.email}`, seconds, async () => {
      await this.page.goto(`${this.demo.inbox}/`);
      await this.fits(`${this.name}: inbox`);
      return (await mine.count()) > 0 && mine.first().getAttribute('href');
    });
    await this.page.goto(this.demo.inbox + href);
    return href;
  }

  /** The value that the inbox shows for a header of the open mail. */
  header(name) {
    return this.page.getByRole('row').filter({ has: this.page.getByRole('rowheader', { name, exact: true }) });
  }

  /** Follows a link of the open mail, which opens a window of its own; goes on in that. */
  async followInMail(link) {
    const [opened] = await Promise.all([this.context.waitForEvent('page'), link.click()]);
    this.mail = this.page;
    this.page = opened;
  }

  /** Closes the window that a link of the mail has opened. */
  async backToMail() {
    await this.page.close();
    this.page = this.mail;
  }
}
