(() => {
// Finds the number that gives a hash when put behind a salt. SHA-256 is written out here: the
// browser's own is not there without TLS, and slower for so short a text.
const K = new Int32Array(64), H = [];
let k = 0;
for (let n = 2; k < 64; n++) {
  let d = 2;
  while (n % d) d++;
  if (d < n) continue;
  const bits = root => (root - Math.floor(root)) * 4294967296 | 0;
  if (H.length < 8) H.push(bits(Math.sqrt(n)));
  K[k++] = bits(Math.cbrt(n));
}
const W = new Int32Array(64), S = new Int32Array(8);
function hash(bytes, length) {
  S.set(H);
  for (let at = 0; at < length; at += 64) {
    for (let i = 0, j = at; i < 16; i++, j += 4) W[i] = bytes[j] << 24 | bytes[j + 1] << 16 | bytes[j + 2] << 8 | bytes[j + 3];
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15], y = W[i - 2];
      W[i] = W[i - 16] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[i - 7] + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
    }
    let a = S[0], b = S[1], c = S[2], d = S[3], e = S[4], f = S[5], g = S[6], h = S[7];
    for (let i = 0; i < 64; i++) {
      const t = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
      const u = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
      h = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
    }
    S[0] += a; S[1] += b; S[2] += c; S[3] += d; S[4] += e; S[5] += f; S[6] += g; S[7] += h;
  }
}
// Some milliseconds at a time, so that the page stays alive meanwhile.
function solve(sum) {
  const goal = sum.challenge.match(/.{8}/g).map(word => parseInt(word, 16) | 0);
  const start = sum.salt.length, bytes = new Uint8Array(start + 192);
  for (let i = 0; i < start; i++) bytes[i] = sum.salt.charCodeAt(i);
  let number = 0;
  const fits = () => {
    const text = "" + number, end = start + text.length, length = end + 72 >> 6 << 6;
    for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
    bytes[end] = 128;
    bytes.fill(0, end + 1, length);
    bytes[length - 2] = end >> 5;
    bytes[length - 1] = end << 3;
    hash(bytes, length);
    return S[0] === goal[0] && goal.every((word, i) => word === S[i]);
  };
  return new Promise((done, fail) => (function some() {
    for (const until = performance.now() + 25; performance.now() < until;) {
      for (let i = 0; i < 500; i++, number++) {
        if (number > sum.maxnumber) return fail(new Error("no number fits"));
        if (fits()) {
          const { algorithm, challenge, salt, signature } = sum;
          return done(btoa(JSON.stringify({ algorithm, challenge, number, salt, signature })));
        }
      }
    }
    setTimeout(some);
  })());
}
// For forms that stand in other pages: does what the answer asks for, and has the form sent again;
// not over and over.
window.paperround = async (form, answer) => {
  if (performance.now() < form.provedAt + 5000) return;
  const sum = await (await fetch(answer.challenge)).json();
  let field = form.elements.altcha;
  if (!field) {
    field = Object.assign(document.createElement("input"), { type: "hidden", name: "altcha" });
    form.append(field);
  }
  field.value = await solve(sum);
  form.provedAt = performance.now();
  answer.errors = {};
  setTimeout(() => form.requestSubmit());
};
// Until then the fields beneath a script are not there, and a form would go without them.
const parsed = new Promise(done => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", done);
  else done();
});
for (const box of document.querySelectorAll("[data-sum]")) {
  const form = box.closest("form"), field = form.elements.altcha;
  let work;
  const begin = () => work ||= solve(JSON.parse(box.dataset.sum)).then(proof => { field.value = proof; });
  const send = () => {
    box.textContent = box.dataset.busy;
    Promise.all([begin(), parsed]).then(() => form.submit());
  };
  form.addEventListener("focusin", begin, { once: true });
  form.addEventListener("submit", event => {
    if (field.value) return;
    event.preventDefault();
    send();
  });
  // The reader has pressed the button already. Who comes back to the page has not.
  const way = performance.getEntriesByType("navigation")[0];
  if ("now" in box.dataset && !(way && way.type === "back_forward")) send();
}
})();
