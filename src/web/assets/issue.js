// Keeps the figures of an issue up to date. Without it the page says the same as of when it was loaded.
(() => {
  const live = document.querySelector('[data-live]');
  if (!live || !window.EventSource) return;
  const link = document.querySelector('[data-reload]');
  const heading = document.querySelector('h1').textContent;
  const number = new Intl.NumberFormat('en-GB');
  const waiting = new Map();
  let state = live.dataset.state;

  const show = (figures) => {
    for (const element of document.querySelectorAll('[data-figure]')) {
      const value = figures[element.dataset.figure];
      element.textContent = typeof value === 'number' ? number.format(value) : value;
    }
    // The top line says the same, where it speaks of this issue alone.
    const [said, what] = ['.state', '.dim'].map((name) => document.querySelector(`.sending ${name}`));
    if (what?.textContent === heading && said.textContent.startsWith('sending')) said.textContent = `sending ${figures.percent} %`;
    for (const part of figures.bar) {
      const rect = live.querySelector(`rect.${part.class}`);
      rect?.setAttribute('x', part.x);
      rect?.setAttribute('width', part.width);
    }
  };

  // Nothing changes under the hands of who is about to use it.
  const put = (part, fresh) => {
    const isNew = !waiting.has(part);
    waiting.set(part, fresh);
    if (part.contains(document.activeElement)) {
      if (isNew) part.addEventListener('focusout', () => setTimeout(() => retry(part)), { once: true });
      return;
    }
    waiting.delete(part);
    part.replaceChildren(...fresh.childNodes);
  };
  const retry = (part) => {
    const fresh = waiting.get(part);
    waiting.delete(part);
    put(part, fresh);
  };

  // Another state allows other things, and an end has its reasons: the parts that tell of them come anew.
  const renew = async () => {
    const answer = await fetch(link.href);
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of document.querySelectorAll('[data-part]')) {
      const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (fresh && fresh.innerHTML !== part.innerHTML) put(part, fresh);
    }
  };

  const source = new EventSource(live.dataset.live);
  link.hidden = true;
  source.addEventListener('figures', (event) => {
    const figures = JSON.parse(event.data);
    show(figures);
    if (figures.is_over) source.close();
    if (figures.state.word === state) return;
    state = figures.state.word;
    document.querySelector('[data-said]').textContent = state;
    renew().catch(() => (link.hidden = false));
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) link.hidden = false;
  });
})();
