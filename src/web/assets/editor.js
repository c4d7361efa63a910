// Lets the articles of the coming issue be put into order by dragging: a drop sends the order as the form
// of the page does. Without this script there are the buttons, which do the same. And counts down how long
// an issue that was sent can be taken back.
'use strict';
for (const place of document.querySelectorAll('[data-until]')) {
  const until = Date.parse(place.dataset.until);
  const count = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left > 600) place.textContent = '';
    else place.textContent = left > 0 ? `, in ${left} seconds` : ', which is now';
    if (left > 0) setTimeout(count, 1000);
  };
  count();
}
(() => {
  const form = document.getElementById('order');
  if (!form) return;
  const rows = () => [...document.querySelectorAll('[data-article]')];
  let dragged = null;
  let before = '';
  const order = () => rows().map((row) => row.dataset.article).join(' ');
  for (const row of rows()) {
    row.draggable = true;
    row.classList.add('drags');
    row.addEventListener('dragstart', (event) => {
      dragged = row;
      before = order();
      row.classList.add('dragged');
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', row.dataset.article);
    });
    row.addEventListener('dragover', (event) => {
      if (!dragged || dragged === row) return;
      event.preventDefault();
      const box = row.getBoundingClientRect();
      row[event.clientY < box.top + box.height / 2 ? 'before' : 'after'](dragged);
    });
    row.addEventListener('drop', (event) => event.preventDefault());
    row.addEventListener('dragend', () => {
      row.classList.remove('dragged');
      dragged = null;
      if (order() === before) return;
      for (const { dataset } of rows()) {
        const input = document.createElement('input');
        input.type = 'hidden';
        input.name = 'article';
        input.value = dataset.article;
        form.append(input);
      }
      form.elements.namedItem('moved').value = row.dataset.article;
      form.submit();
    });
  }
})();
