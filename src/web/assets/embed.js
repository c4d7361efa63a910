// Lets the forms of a page that are marked with data-paperround answer in place, and puts a form
// into other elements with that mark. SITE stands for what is known of the publication. Comments and
// indentation are taken out before it is served, so that all of it stays under 5 KB. Nothing here
// writes a style into markup, so that a strict policy has nothing to refuse.
(({ url, slug, accent, lang, dir, zone, privacy, topics, texts }) => {
  const p = "paperround";
  const action = url + "/subscribe";
  let count = 0;

  const page = document;
  const set = (node, attributes) => {
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    return node;
  };
  const make = (tag, attributes, ...inside) => {
    const node = set(page.createElement(tag), attributes);
    node.append(...inside);
    return node;
  };

  // Rules of no weight: whatever the page says of these elements counts more.
  const box = "min-height:2.75em;box-sizing:border-box;font:inherit;border:1px solid;border-radius:4px";
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:where(.${p}){display:flex;flex-wrap:wrap;gap:.5em;color:var(--${p}-ink,inherit)}
:where(.${p}>*){flex:1 0 100%;margin:0}
:where(.${p} input){${box};flex:1 1 12em;min-width:0;padding:0 .75em;color:inherit;background:none}
:where(.${p} button){${box};flex:none;padding:0 1.5em;color:var(--${p}-paper,#fff);background:var(--${p}-accent,${accent})}
:where(.${p}-error){display:block;font-weight:bold}
.${p}-done>:not([role=status]){display:none!important}`);
  page.adoptedStyleSheets = [...page.adoptedStyleSheets, sheet];

  const wanted = (place) => (place.dataset.topics || "").split(/[\s,]+/);

  const build = (place) => {
    const id = `${p}${++count}`;
    const names = wanted(place).map((topic) => topics[topic]).filter(Boolean);
    const title = names[0] ? texts.about.replace("{}", names.join(", ")) : texts.title;
    const form = make("form", { class: p, action, method: "post", lang, dir },
      make("b", {}, place.dataset.title || title),
      make("label", { for: id }, texts.email),
      make("input", { id, type: "email", name: "email", autocomplete: "email", dir: "ltr" }),
      make("button", {}, texts.button),
      make("small", {}, texts.consent, " ", privacy ? make("a", { href: privacy }, texts.privacy) : ""));
    place.replaceChildren(form);
    return form;
  };

  const upgrade = (form, place) => {
    const field = (name) => form.elements.namedItem(name);
    // What the form says itself is left alone.
    const fill = (name, ...values) => {
      if (!field(name)) form.append(...values.filter(Boolean).map((value) => make("input", { type: "hidden", name, value })));
    };
    fill("topics", ...wanted(place));
    fill("source", location.origin + location.pathname);
    fill("lang", form.closest("[lang]")?.lang);
    if (zone) fill("timezone", Intl.DateTimeFormat().resolvedOptions().timeZone);
    form.noValidate = 1;
    const status = make("div", { role: "status", tabindex: -1 });
    form.append(status);
    const say = (...words) => status.replaceChildren(...words);
    const wrong = [];
    let busy;

    const mark = (name, text) => {
      const input = field(name);
      if (!input?.offsetWidth) return say(text);
      const id = `${p}${++count}`;
      const note = make("span", { class: p + "-error", id }, text);
      (input.closest("label") || input).before(note);
      set(input, { "aria-invalid": true, "aria-describedby": id }).focus();
      wrong.push([input, note]);
    };

    const done = ({ detail, suggestion }) => {
      // What stands beneath the form stays where it is.
      form.style.minHeight = form.offsetHeight + "px";
      form.classList.add(p + "-done");
      say(detail);
      if (suggestion) {
        const again = make("button", { type: "button" }, texts.meant.replace("{}", suggestion));
        status.append(" ", again);
        again.onclick = () => send((field("email").value = suggestion));
      }
      status.focus();
    };

    const send = async () => {
      if (busy) return;
      busy = 1;
      for (const [input, note] of wrong.splice(0)) {
        note.remove();
        set(input, { "aria-invalid": false });
      }
      say(texts.wait);
      try {
        const response = await fetch(action, {
          method: "POST",
          body: new URLSearchParams(new FormData(form)),
          headers: { accept: "application/json" },
          credentials: "omit"
        });
        const answer = await response.json();
        // The service asks for a proof: does it, empties the errors, and sends the form again.
        if (answer.challenge) {
          await import(url + "/../proof.js");
          await paperround(form, answer);
        }
        say(answer.errors ? "" : answer.detail);
        if (response.ok) done(answer);
        for (const name in answer.errors) mark(name, answer.errors[name]);
      } catch {
        // Where the service may not be asked from here, the form goes there as it would without us.
        say(texts.offline);
        if (navigator.onLine) HTMLFormElement.prototype.submit.call(form);
      }
      busy = 0;
    };

    form.onsubmit = (event) => {
      event.preventDefault();
      send();
    };
  };

  const look = () => {
    for (const place of page.querySelectorAll(`[data-${p}]`)) {
      // A page may have forms of several publications.
      const isForm = place.localName == "form";
      const isOurs = isForm ? place.getAttribute("action") == action : [slug, ""].includes(place.dataset[p]);
      if (isOurs && !place[p]) upgrade(isForm ? place : build(place), (place[p] = place));
    }
  };

  for (const moment of ["DOMContentLoaded", p]) page.addEventListener(moment, look);
  look();
})(SITE);
