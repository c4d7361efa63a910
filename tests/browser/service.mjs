// A service of its own for a test: settings in a temporary folder, the program, and a mail server that
// keeps what it gets. Unlike the demo it does nothing by itself.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { BINARY, freePorts, until } from './support.mjs';

/** A mail server that takes everything, each mail after so many milliseconds; `mails` are the sources. */
async function mailServer() {
  const mails = [];
  const kept = { mails, delay: 0 };
  const server = createServer((socket) => {
    let buffer = '';
    let data = null;
    // One answer after the other, also where one takes its time.
    let last = Promise.resolve();
    const say = (line, delay = 0) => {
      if (delay) last = last.then(() => sleep(delay));
      last = last.then(() => socket.write(`${line}\r\n`));
    };
    say('220 test');
    socket.on('error', () => {});
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      buffer += chunk;
      for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (data !== null) {
          if (line !== '.') data.push(line);
          else {
            mails.push(data.join('\r\n'));
            data = null;
            say('250 kept', kept.delay);
          }
        } else if (/^DATA/i.test(line)) {
          data = [];
          say('354 go on');
        } else if (/^QUIT/i.test(line)) {
          say('221 bye');
          last.then(() => socket.end());
        } else say('250 ok');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(kept, { port: server.address().port, close: () => server.close() });
}

/** The text of a mail with its soft line ends and codes undone. */
function readable(mail) {
  const whole = mail.replaceAll('=\r\n', '');
  const bytes = whole.replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

export class Service {
  static async start({ env = {}, prepare = async () => {} } = {}) {
    const service = new Service();
    service.folder = await mkdtemp(path.join(tmpdir(), 'paperround-'));
    service.mail = await mailServer();
    service.url = `http://127.0.0.1:${await freePorts()}`;
    service.env = {
      ...process.env,
      PAPERROUND__HTTP__LISTEN: service.url.slice('http://'.length),
      PAPERROUND__HTTP__PUBLIC_URL: service.url,
      PAPERROUND__RELAY__URL: `smtp://127.0.0.1:${service.mail.port}`,
      PAPERROUND__SIGNUP__PER_ADDRESS_PER_DAY: '0',
      PAPERROUND__SIGNUP__PER_IP_PER_HOUR: '0',
      ...env,
    };
    await prepare(service.folder);
    service.run('init');
    return service;
  }

  /** Runs a command of the program. */
  run(...words) {
    return execFileSync(BINARY, words, { cwd: this.folder, env: this.env, encoding: 'utf8' });
  }

  /** The same where the command waits for mails to go out: the mail server is in this process. */
  async runAndServe(...words) {
    const ended = promisify(execFile)(BINARY, words, { cwd: this.folder, env: this.env });
    return (await ended).stdout;
  }

  async serve() {
    this.process = spawn(BINARY, ['serve'], { cwd: this.folder, env: this.env, stdio: 'ignore' });
    await until('the service answers', 30, async () => {
      assert.equal(this.process.exitCode, null, 'the service ended early');
      return fetch(`${this.url}/healthz`).then((answer) => answer.ok, () => false);
    });
  }

  async stop() {
    if (this.process && this.process.exitCode === null) {
      this.process.kill('SIGINT');
      await once(this.process, 'exit');
    }
    this.mail.close();
    await rm(this.folder, { recursive: true });
  }

  /** The newest link to a page of ours in the mails to an address, once it has come. */
  link(address, page) {
    return until(`a mail to ${address} with ${page}`, 20, () => {
      const mine = this.mail.mails.filter((mail) => mail.split('\r\n\r\n')[0].includes(address));
      for (const mail of mine.reverse()) {
        const found = readable(mail).match(new RegExp(`${this.url}${page}[\\w.~-]+`));
        if (found) return found[0];
      }
      return null;
    });
  }
}
