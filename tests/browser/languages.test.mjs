// The reader's journey in another language than the publication's: from the form to leaving.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Demo, Reader, launch } from './support.mjs';

const WINDOWS = [
  { name: 'italiano', viewport: { width: 1280, height: 900 }, script: true, locale: 'it-CH' },
  { name: 'telefono', viewport: { width: 360, height: 780 }, script: true, locale: 'it-IT' },
  { name: 'telefono-semplice', viewport: { width: 360, height: 780 }, script: false, locale: 'it' },
];
const HEADINGS = {
  en: 'Get it by mail',
  de: 'Per E-Mail erhalten',
  fr: 'À recevoir par e-mail',
  it: 'Da ricevere via e-mail',
  es: 'Recíbalo por correo',
};

describe('in other languages', { timeout: 300_000 }, () => {
  let demo;
  let browser;

  before(async () => {
    demo = await Demo.start();
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await demo?.stop();
  });

  for (const window of WINDOWS) {
    test(`${window.name}: from the form to leaving, in Italian`, async () => {
      const reader = await Reader.arrive(browser, demo, window);
      await signUp(reader);
      await confirm(reader);
      await choose(reader);
      await leave(reader);
      assert.deepEqual(reader.complaints, []);
      await reader.context.close();
    });
  }

  test('the sign-up page changes its language', async () => {
    const window = { name: 'lingue', viewport: WINDOWS[1].viewport, script: true, locale: 'pt-PT' };
    const reader = await Reader.arrive(browser, demo, window);
    const { page } = reader;
    await page.goto(`${demo.service}/ledger`);
    for (const [tag, heading] of Object.entries(HEADINGS)) {
      const link = page.locator(`nav a[hreflang=${tag}]`);
      if ((await link.count()) > 0) await link.click();
      await page.getByRole('heading', { level: 2, name: heading }).waitFor();
      await reader.see('The Harbour Ledger', { shot: `sign-up ${tag}` });
      await isIn(reader, tag);
    }
    await reader.context.close();
  });
});

async function isIn(reader, language) {
  assert.equal(await reader.page.locator('html').getAttribute('lang'), language);
}

async function signUp(reader) {
  const { page, demo } = reader;
  await page.goto(`${demo.service}/ledger`);
  await reader.see('The Harbour Ledger', { shot: 'iscrizione' });
  await isIn(reader, 'it');
  await page.getByLabel('Indirizzo e-mail').fill('ada@nowhere');
  await page.getByRole('button', { name: 'Iscriversi' }).click();
  await page.locator('[aria-invalid=true]').waitFor();
  await reader.see('The Harbour Ledger', { shot: 'iscrizione con errore' });
  await isIn(reader, 'it');
  assert.match(await page.locator('#email-error').innerText(), /nome di dominio/);
  await page.getByLabel('Indirizzo e-mail').fill(reader.email);
  await page.getByRole('button', { name: 'Iscriversi' }).click();
  await reader.see('Controlli la posta in arrivo');
}

async function confirm(reader) {
  const { page, demo } = reader;
  await reader.openMail(/Confermi la Sua iscrizione/, 15);
  await reader.see(/Confermi la Sua iscrizione/, { kind: 'inbox', shot: 'messaggio' });
  await page.getByRole('link', { name: 'Text', exact: true }).click();
  await page.waitForURL(/\/text$/);
  const text = await page.getByLabel('The mail as text').innerText();
  assert.match(text, /Il link è valido per \d+ giorni/);
  const [link] = text.match(/http\S+\/confirm\/\S+/);
  assert.ok(link.startsWith(`${demo.service}/`), link);
  await page.goto(link);
  await reader.see('Manca solo un clic');
  await isIn(reader, 'it');
  await page.getByRole('button', { name: 'Confermare' }).click();
  await reader.see('Iscrizione confermata');
  assert.match(await page.getByRole('main').innerText(), /alle \d+:\d\d|all’1:\d\d/);
}

/** Changes the language to French and back. */
async function choose(reader) {
  const { page } = reader;
  await page.getByRole('link', { name: 'Cambiare argomenti o frequenza' }).click();
  await reader.see('Le Sue scelte');
  const list = page.getByLabel('Lingua dei messaggi e delle pagine');
  assert.equal(await list.inputValue(), 'it');
  await list.selectOption('fr');
  await page.getByRole('button', { name: 'Salvare' }).click();
  await reader.see('Vos choix', { shot: 'scelte in francese' });
  await isIn(reader, 'fr');
  await page.getByLabel('Langue des messages et des pages').selectOption('it');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await reader.see('Le Sue scelte', { shot: 'scelte salvate' });
  assert.match(await page.getByRole('status').innerText(), /Salvato/);
}

async function leave(reader) {
  const { page } = reader;
  await page.getByRole('link', { name: 'Annullare l’iscrizione' }).click();
  await reader.see(/^Annullare l’iscrizione a /, { shot: 'lasciare' });
  await page.getByRole('button', { name: 'Annullare l’iscrizione' }).click();
  await reader.see(/ è annullata$/, { shot: 'annullata' });
  await isIn(reader, 'it');
  await page.getByRole('button', { name: 'Ripristinare l’iscrizione' }).click();
  await reader.see('Iscrizione ripristinata');
  await isIn(reader, 'it');
}
