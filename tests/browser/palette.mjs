// Makes a PNG smaller: at most 256 colours, chosen by median cut, instead of 16 million. Enough for a page,
// whose colours are few but for the edges of letters.

import { deflateSync, inflateSync } from 'node:zlib';

const MOST_COLOURS = 256;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const CRCS = Int32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function chunk(type, content) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  let crc = -1;
  for (const byte of named) crc = CRCS[(crc ^ byte) & 255] ^ (crc >>> 8);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE((crc ^ -1) >>> 0);
  return Buffer.concat([length, named, check]);
}

/** The predictor of a byte from those to the left, above and between (PNG, 9.2). */
function predicted(filter, left, up, corner) {
  if (filter < 3) return [0, left, up][filter];
  if (filter === 3) return (left + up) >> 1;
  const estimate = left + up - corner;
  const [a, b, c] = [left, up, corner].map((byte) => Math.abs(estimate - byte));
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** The pixels of a PNG as browsers write screenshots: eight bits a channel, in one pass. */
function decoded(png) {
  const head = png.subarray(16);
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = { 2: 3, 6: 4 }[head[9]];
  const parts = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const row = width * channels;
  const bytes = Buffer.alloc(row * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (row + 1)];
    for (let x = 0; x < row; x += 1) {
      const at = y * row + x;
      const left = x >= channels ? bytes[at - channels] : 0;
      const up = y ? bytes[at - row] : 0;
      const corner = x >= channels && y ? bytes[at - row - channels] : 0;
      bytes[at] = raw[y * (row + 1) + 1 + x] + predicted(filter, left, up, corner);
    }
  }
  const colour = (n) => (bytes[n * channels] << 16) | (bytes[n * channels + 1] << 8) | bytes[n * channels + 2];
  return { width, height, pixels: Uint32Array.from({ length: width * height }, (_, n) => colour(n)) };
}

const channel = (colour, n) => (colour >> (16 - 8 * n)) & 255;

/** The channel in which colours differ most, and by how much. */
function spread(colours) {
  const spans = [0, 1, 2].map((n) => {
    let [least, most] = [255, 0];
    for (const [colour] of colours) {
      least = Math.min(least, channel(colour, n));
      most = Math.max(most, channel(colour, n));
    }
    return most - least;
  });
  const most = Math.max(...spans);
  return { n: spans.indexOf(most), most };
}

/** Colours with their counts, in at most so many boxes of like ones. */
function boxes(counts) {
  const all = [{ colours: [...counts] }];
  const weigh = (box) => Object.assign(box, spread(box.colours), { pixels: box.colours.reduce((sum, [, count]) => sum + count, 0) });
  all.forEach(weigh);
  while (all.length < MOST_COLOURS) {
    // What differs much in many pixels is parted first.
    const weight = ({ most, pixels }) => most * most * Math.sqrt(pixels);
    const widest = all.reduce((a, b) => (weight(b) > weight(a) ? b : a));
    if (widest.most === 0) break;
    const { colours, n, pixels } = widest;
    colours.sort(([a], [b]) => channel(a, n) - channel(b, n));
    let [half, at] = [0, 0];
    while (at < colours.length - 1 && half < pixels / 2) half += colours[at++][1];
    all.push(weigh({ colours: colours.slice(at) }));
    weigh(Object.assign(widest, { colours: colours.slice(0, at) }));
  }
  return all;
}

/** The colour that most pixels of a box have: the paper stays the paper. */
function commonest({ colours }) {
  return colours.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

/** The same picture with a palette. */
export function smaller(png) {
  const { width, height, pixels } = decoded(png);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const parts = boxes(counts);
  const places = new Map(parts.flatMap(({ colours }, place) => colours.map(([colour]) => [colour, place])));
  const palette = Buffer.from(parts.map(commonest).flatMap((colour) => [0, 1, 2].map((n) => channel(colour, n))));
  const rows = Buffer.alloc((width + 1) * height);
  pixels.forEach((pixel, at) => (rows[at + Math.floor(at / width) + 1] = places.get(pixel)));
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const chunks = [['IHDR', head], ['PLTE', palette], ['IDAT', deflateSync(rows, { level: 9 })], ['IEND', Buffer.alloc(0)]];
  return Buffer.concat([SIGNATURE, ...chunks.map(([type, content]) => chunk(type, content))]);
}
