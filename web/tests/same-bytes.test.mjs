/**
 * The page finds the faces that the native program finds, sees of them, to the byte, what it sees, and answers the same: on SwiftShader one face, two, and rows of an odd length; by the
 * processor what forms PNG files take, for pixels are the same before either reads them.
 */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, ready, watched } from "./browser.mjs";
import { native } from "./native.mjs";
import { folder } from "./paths.mjs";
import { pictures } from "./pictures.mjs";
import { ask, complaints } from "./same.mjs";
import { serve } from "./server.mjs";

/** What a picture is held against: the same adapter, and one also the reference implementation; else the processor, as it is read by it. */
const against = { "photograph.png": ["swiftshader", "reference"], "odd-size.png": ["swiftshader"], "two-faces.png": ["swiftshader"] };

describe("the same bytes", () => {
  let browser, server, page;
  const into = folder("same-bytes");

  before(async () => {
    server = await serve();
    browser = await launch();
    ({ page } = await watched(await browser.newContext()));
    await page.goto(server.origin);
    await ready(page);
    await page.evaluate(async () => (window.cpu = await window.moue.constructor.load({ device: "cpu" })));
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const kept = {};
  for (const [name, bytes] of Object.entries(pictures()).filter(([name]) => name !== "no-face.png")) {
    for (const device of against[name] ?? ["cpu"]) {
      it(`${name} gives the crops, codes, pictures and probabilities of the native program on ${device}`, async () => {
        const photo = join(into, name);
        writeFileSync(photo, bytes);
        const seen = join(into, `${name}-${device}`);
        rmSync(seen, { recursive: true, force: true });
        const faces = (kept[name] ??= await ask(page, bytes, device === "cpu" ? "cpu" : "moue"));
        const reference = native(photo, seen, device, { faces, explain: name === "photograph.png" && device === "swiftshader" });
        assert.equal(reference.found.length, name === "two-faces.png" ? 2 : 1);
        assert.deepEqual(complaints(faces, reference), []);
        kept.reference ??= reference;
      });
    }
  }

  it("what the networks looked at is what the native program says", async () => {
    const bytes = pictures()["photograph.png"];
    const { fused, members } = await page.evaluate(async (text) => {
      const file = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/png" });
      const { explanation } = (await window.moue.analyze(file, { explain: true })).faces[0];
      return { fused: [...explanation.fused], members: explanation.members.map((map) => map && [...map]) };
    }, bytes.toString("base64"));
    const wanted = kept.reference.faces[0].explanation;
    const names = await page.evaluate(() => window.moue.model.members.map(({ name }) => name));
    assert.equal(members.length, names.length);
    for (const [name, map, want] of [["fused", fused, wanted.fused], ...names.map((name, at) => [name, members[at], wanted.members[at]])]) {
      const worst = Math.max(...map.map((value, at) => Math.abs(value - want[at])));
      // Logits speak in units of some, and a map that says nothing would agree with another one.
      assert.ok(worst < 0.02 && map.length === 48 * 48 && Math.max(...map) > 0.5, `${name}: ${worst} apart, ${Math.max(...map)} at most`);
    }
  });

  it("one wrong bit of a crop, of a code, a probability that is off by 0.003, or a landmark by a fifth of a pixel is told", () => {
    const faces = kept["photograph.png"];
    const wrong = (change) => {
      const copy = structuredClone(kept.reference);
      change(copy.faces[0], copy.found[0]);
      return complaints(faces, copy).length;
    };
    assert.equal(wrong((face) => (face.crop.data[1000] ^= 1)), 1);
    assert.equal(wrong((face) => (face.mapped[1].codes.data[7] ^= 1)), 1);
    assert.equal(wrong((face) => (face.probabilities[2] += 0.003)), 1);
    assert.equal(wrong((face) => (face.members[3][0] -= 0.003)), 1);
    assert.equal(wrong((_, found) => (found.landmarks[477][1] += 0.2)), 1);
    assert.equal(wrong((_, found) => (found.box.width += 2)), 1);
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
