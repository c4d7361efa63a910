// What the tests of the operators' pages share.

import { createHmac } from 'node:crypto';

export const PASSWORD = 'seven gulls on the quay';

export const go = (where) => ({ page, url }) => page.goto(`${url}${where}`);

/** Presses a button of the page, or a link, by its name. */
export async function press(page, name, role = 'button') {
  await Promise.all([page.waitForNavigation(), page.getByRole(role, { name, exact: true }).last().click()]);
}

/** The words of what has the focus. */
export function focused(page) {
  return page.evaluate(() => document.activeElement.textContent.trim());
}

/** The code of an app for a secret in base32. */
export function totp(secret, at = Date.now()) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
  return `${number % 1_000_000}`.padStart(6, '0');
}
