/** The page sees, to the byte, what the native program sees, and answers the same. */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, ready, watched } from "./browser.mjs";
import { native } from "./native.mjs";
import { folder } from "./paths.mjs";
import { pictures } from "./pictures.mjs";
import { serve } from "./server.mjs";

const most = 2e-3;
/** What else than the same adapter a picture is held against: the reference implementation. */
const against = { "photograph.png": ["swiftshader", "cpu"], "two-faces.png": ["swiftshader", "cpu"] };

/** Where two byte strings differ: how many bytes, and the first. */
function differences(a, b) {
  if (a.length !== b.length) return `${a.length} bytes instead of ${b.length}`;
  let count = 0;
  let first = -1;
  for (let at = 0; at < a.length; at++) {
    if (a[at] === b[at]) continue;
    if (count++ === 0) first = at;
  }
  return count === 0 ? "" : `${count} of ${a.length} bytes differ, the first at ${first}: ${a[first]} instead of ${b[first]}`;
}

/** RGBA as the channels of a reference; gray has equal ones. */
function channels(rgba, count) {
  const bytes = Buffer.from(rgba, "base64");
  const pixels = bytes.length / 4;
  const out = Buffer.alloc(pixels * count);
  for (let at = 0; at < pixels; at++) {
    for (let channel = 0; channel < count; channel++) out[at * count + channel] = bytes[at * 4 + channel];
  }
  return out;
}

/** The page's answer to the bytes of a file, its pictures as base64. */
function ask(page, bytes) {
  return page.evaluate(async (text) => {
    const file = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/png" });
    const base64 = (data) => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
    const { faces } = await window.moue.analyze(file, { pictures: true });
    return faces.map(({ label, probabilities, members, pictures: { crop, mapped } }) => ({
      label,
      probabilities: [...probabilities],
      members: members.map((member) => [...member]),
      crop: base64(crop.data),
      mapped: mapped.map(({ name, image, codes, codesSize }) => ({ name, image: base64(image.data), codes: codes ? base64(codes) : null, codesSize })),
    }));
  }, Buffer.from(bytes).toString("base64"));
}

/** Every way in which an answer is not the reference's. */
function complaints(faces, reference) {
  if (faces.length !== reference.faces.length) return [`${faces.length} faces instead of ${reference.faces.length}`];
  const found = [];
  const same = (what, difference) => difference === "" || found.push(`${what}: ${difference}`);
  const near = (what, values, wanted) => {
    const worst = Math.max(...values.map((value, at) => Math.abs(value - wanted[at])));
    // Also where a number is missing.
    if (!(worst <= most && values.length === wanted.length)) found.push(`${what}: ${worst} apart`);
  };
  for (const [index, face] of faces.entries()) {
    const wanted = reference.faces[index];
    if (face.label !== wanted.label) found.push(`face ${index}: ${face.label} instead of ${wanted.label}`);
    same(`face ${index}, crop`, differences(channels(face.crop, wanted.crop.channels), wanted.crop.data));
    near(`face ${index}, probabilities`, face.probabilities, wanted.probabilities);
    if (face.members.length !== wanted.members.length) found.push(`${face.members.length} members`);
    face.members.forEach((member, at) => near(`face ${index}, member ${at}`, member, wanted.members[at]));
    const names = (parts) => parts.map(({ name }) => name).join(" ");
    if (names(face.mapped) !== names(wanted.mapped)) found.push(`representations ${names(face.mapped)}`);
    for (const [at, { name, image, codes }] of face.mapped.entries()) {
      const part = wanted.mapped[at];
      same(`face ${index}, picture of ${name}`, differences(channels(image, part.image.channels), part.image.data));
      if ((codes === null) !== (part.codes === null)) found.push(`codes of ${name} in one only`);
      else if (codes !== null) same(`face ${index}, codes of ${name}`, differences(Buffer.from(codes, "base64"), part.codes.data));
    }
  }
  return found;
}

describe("the same bytes", () => {
  let browser, server, page;
  const into = folder("same-bytes");

  before(async () => {
    server = await serve();
    browser = await launch();
    ({ page } = await watched(await browser.newContext()));
    await page.goto(server.origin);
    await ready(page);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const kept = {};
  for (const [name, bytes] of Object.entries(pictures()).filter(([name]) => name !== "no-face.png")) {
    for (const device of against[name] ?? ["swiftshader"]) {
      it(`${name} gives the crops, codes, pictures and probabilities of the native program on ${device}`, async () => {
        const photo = join(into, name);
        writeFileSync(photo, bytes);
        const seen = join(into, `${name}-${device}`);
        rmSync(seen, { recursive: true, force: true });
        const reference = native(photo, seen, device);
        assert.ok(reference.faces.length >= (name === "two-faces.png" ? 2 : 1), `the native program finds ${reference.faces.length} faces`);
        const faces = (kept[name] ??= await ask(page, bytes));
        assert.deepEqual(complaints(faces, reference), []);
        kept.reference ??= reference;
      });
    }
  }

  it("one wrong bit of a crop, of a code, or a probability that is off by 0.003 is told", () => {
    const faces = kept["photograph.png"];
    const wrong = (change) => {
      const copy = structuredClone(kept.reference);
      change(copy.faces[0]);
      return complaints(faces, copy).length;
    };
    assert.equal(wrong((face) => (face.crop.data[1000] ^= 1)), 1);
    assert.equal(wrong((face) => (face.mapped[1].codes.data[7] ^= 1)), 1);
    assert.equal(wrong((face) => (face.probabilities[2] += 0.003)), 1);
    assert.equal(wrong((face) => (face.members[3][0] -= 0.003)), 1);
    assert.equal(wrong(() => {}), 0);
  });

  it("a colour conversion would change the pixels of the pictures that carry one", async () => {
    const made = pictures();
    for (const name of ["linear-gamma.png", "colour-profile.png"]) {
      const changed = await page.evaluate(async (text) => {
        const file = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/png" });
        const pixels = async (colorSpaceConversion) => {
          const bitmap = await createImageBitmap(file, { colorSpaceConversion });
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
          context.drawImage(bitmap, 0, 0);
          return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
        };
        const [plain, converted] = [await pixels("none"), await pixels("default")];
        return plain.filter((value, at) => value !== converted[at]).length / plain.length;
      }, made[name].toString("base64"));
      assert.ok(changed > 0.3, `${name}: ${changed} of the samples change`);
    }
  });
});
