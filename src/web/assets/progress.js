// Keeps a page that tells of work up to date: the part that says how far it is, every second. Once the
// work has ended the page is loaded anew, since it offers other things then.
'use strict';

const box = document.querySelector('[data-progress]');

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const next = page.querySelector('[data-progress]');
    if (!answer.ok || !next || next.dataset.progress !== 'on') {
      location.reload();
      return;
    }
    box.replaceChildren(...next.childNodes);
  } catch {
    // The service starts anew: ask again.
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);
