/** Pictures that the tests make: one photograph in the forms that PNG files take. */

import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { astronaut } from "./paths.mjs";
import { decode, encode } from "./png.mjs";

/** A part of a picture. */
export function cropped({ width, channels, data }, x, y, columns, rows) {
  const part = Buffer.alloc(columns * rows * channels);
  for (let row = 0; row < rows; row++) {
    const from = ((y + row) * width + x) * channels;
    part.set(data.subarray(from, from + columns * channels), row * columns * channels);
  }
  return { width: columns, height: rows, channels, data: part };
}

/** Every pixel anew: `change(samples, x, y)` gives its samples. */
export function mapped({ width, height, channels, data }, change) {
  const pixels = [];
  for (let at = 0; at < width * height; at++) {
    pixels.push(change(data.subarray(at * channels, (at + 1) * channels), at % width, Math.floor(at / width)));
  }
  return { width, height, channels: pixels[0].length, data: Buffer.from(pixels.flat()) };
}

function mirrored(picture) {
  const { width, channels, data } = picture;
  return mapped(picture, (_, x, y) => {
    const from = (y * width + width - 1 - x) * channels;
    return [...data.subarray(from, from + channels)];
  });
}

function beside(left, right) {
  const width = left.width + right.width;
  const data = Buffer.alloc(width * left.height * left.channels);
  for (let y = 0; y < left.height; y++) {
    data.set(left.data.subarray(y * left.width * left.channels, (y + 1) * left.width * left.channels), y * width * left.channels);
    data.set(right.data.subarray(y * right.width * left.channels, (y + 1) * right.width * left.channels), (y * width + left.width) * left.channels);
  }
  return { ...left, width, data };
}

/** `[gAMA, cHRM]` of a linear picture with sRGB's primaries. */
function linear() {
  const gamma = Buffer.alloc(4);
  gamma.writeUInt32BE(100_000);
  const primaries = Buffer.alloc(32);
  [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000].forEach((value, at) => primaries.writeUInt32BE(value, 4 * at));
  return [["gAMA", gamma], ["cHRM", primaries]];
}

/** An iCCP chunk with an RGB profile of gamma 1 whose red and blue primaries are exchanged. */
function exchanged() {
  const fixed = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(Math.round(value * 65_536));
    return bytes;
  };
  const word = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const xyz = (...values) => Buffer.concat([Buffer.from("XYZ \0\0\0\0", "latin1"), ...values.map(fixed)]);
  const curve = Buffer.concat([Buffer.from("curv\0\0\0\0", "latin1"), word(0)]);
  const text = Buffer.from("text\0\0\0\0none\0\0\0\0", "latin1");
  const name = Buffer.concat([Buffer.from("desc\0\0\0\0", "latin1"), word(5), Buffer.from("test\0", "latin1"), Buffer.alloc(79)]);
  const tags = [
    ["desc", name],
    ["cprt", text],
    ["wtpt", xyz(0.9642, 1, 0.8249)],
    ["rXYZ", xyz(0.1431, 0.0606, 0.7141)],
    ["gXYZ", xyz(0.3851, 0.7169, 0.0971)],
    ["bXYZ", xyz(0.4361, 0.2225, 0.0139)],
    ["rTRC", curve],
    ["gTRC", curve],
    ["bTRC", curve],
  ];
  let offset = 128 + 4 + 12 * tags.length;
  const table = [word(tags.length)];
  for (const [tag, bytes] of tags) {
    table.push(Buffer.from(tag, "latin1"), word(offset), word(bytes.length));
    offset += bytes.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x02100000, 8);
  header.write("mntrRGB XYZ ", 12, "latin1");
  header.write("acsp", 36, "latin1");
  header.set(Buffer.concat([fixed(0.9642), fixed(1), fixed(0.8249)]), 68);
  const profile = Buffer.concat([header, ...table, ...tags.map(([, bytes]) => bytes)]);
  return ["iCCP", Buffer.concat([Buffer.from("test\0\0", "latin1"), deflateSync(profile)])];
}

/** `{ name: bytes }`; all show the same face but `no-face.png`. */
export function pictures() {
  const file = readFileSync(astronaut);
  const whole = decode(file);
  const face = cropped(whole, 117, 13, 251, 203);
  const alpha = mapped(face, ([r, g, b], x, y) => [r, g, b, (x * 7 + y * 3) % 256]);
  const deep = Buffer.alloc(face.data.length * 2);
  // Both bytes alike, which is 8 bits' own value: where they are not, Chromium cuts the low byte off and the native decoder rounds.
  face.data.forEach((value, at) => deep.set([value, value], 2 * at));
  return {
    "photograph.png": file,
    "odd-size.png": encode(face),
    "two-faces.png": encode(beside(face, mirrored(face))),
    "gray.png": encode(mapped(face, ([r, g, b]) => [(r + 2 * g + b) >> 2])),
    "linear-gamma.png": encode({ ...face, chunks: linear() }),
    "colour-profile.png": encode({ ...face, chunks: [exchanged()] }),
    "no-face.png": encode(cropped(whole, 300, 0, 160, 120)),
    "transparent.png": encode(alpha),
    "sixteen-bits.png": encode({ ...face, depth: 16, data: deep }),
  };
}
