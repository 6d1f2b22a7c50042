/** PNG files: written with any colour type and chunks, read back where they are 8 bits deep. */

import { crc32 as native, deflateSync, inflateSync } from "node:zlib";

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Channels of a colour type. */
const channelsOf = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** `data`: rows of samples, `channels` a pixel, big-endian where `depth` is 16. `chunks`: `[type, bytes]`, put before the pixels. */
export function encode({ width, height, channels, depth = 8, data, chunks = [] }) {
  const colour = { 1: 0, 2: 4, 3: 2, 4: 6 }[channels];
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  const line = (width * channels * depth) / 8;
  const rows = Buffer.alloc((line + 1) * height);
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * line, (y + 1) * line), y * (line + 1) + 1);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    ...chunks.map(([type, bytes]) => chunk(type, bytes)),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** `{ width, height, channels, data }` of a file of 8 bits that is not interlaced. */
export function decode(file) {
  if (!file.subarray(0, 8).equals(signature)) throw new Error("not a PNG file");
  let header;
  const parts = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const bytes = file.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") header = { width: bytes.readUInt32BE(0), height: bytes.readUInt32BE(4), depth: bytes[8], colour: bytes[9], interlace: bytes[12] };
    if (type === "IDAT") parts.push(bytes);
    at += length + 12;
  }
  const { width, height, depth, colour, interlace } = header;
  const channels = channelsOf[colour];
  if (depth !== 8 || interlace !== 0 || channels === undefined) throw new Error(`PNG of depth ${depth}, colour type ${colour}, interlace ${interlace}`);
  return { width, height, channels, data: unfiltered(inflateSync(Buffer.concat(parts)), height, width * channels, channels) };
}

function unfiltered(rows, height, line, step) {
  const data = Buffer.alloc(line * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (line + 1)];
    for (let x = 0; x < line; x++) {
      const left = x >= step ? data[y * line + x - step] : 0;
      const up = y > 0 ? data[(y - 1) * line + x] : 0;
      const corner = x >= step && y > 0 ? data[(y - 1) * line + x - step] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      data[y * line + x] = rows[y * (line + 1) + 1 + x] + guess;
    }
  }
  return data;
}

function paeth(left, up, corner) {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function chunk(type, bytes) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), bytes]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(bytes.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** node has it from 20.15 and 22.2 on. */
function crc32(bytes) {
  if (native) return native(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
