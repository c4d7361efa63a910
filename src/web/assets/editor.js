// Lets the articles of the coming issue be put into order by dragging: a drop sends the order as the form
// of the page does. Without this script there are the buttons, which do the same.
'use strict';
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
