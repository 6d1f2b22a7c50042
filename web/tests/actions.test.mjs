/**
 * Action units in the package: fetched and read only where they are asked for, and the same as by the native program, of photographs and of videos. No other test runs
 * the kernels of flow in a browser. 120 s on two cores that were shared, a third of it one video on SwiftShader, in the browser and natively.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { launch, unchecked, watched } from "./browser.mjs";
import { astronaut } from "./paths.mjs";
import { serve } from "./server.mjs";
import { apart, nativeUnits, noProgram, unlike } from "./units.mjs";
import { lossless, noFfmpeg } from "./videos.mjs";

const skip = noFfmpeg() || noProgram();
/** How faces are looked for in videos here: what is looked at else takes half of a frame. */
const fast = { find: "fast" };
const base64 = (path) => readFileSync(path).toString("base64");

/** In a page, where `device` was loaded: the units of every face of a photograph, or of a video's frames. */
async function units([device, text, type, options]) {
  const file = new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], "some", { type });
  const own = ({ faces }) => faces.map(({ track, actions }) => ({ track, actions }));
  if (type.startsWith("image")) return [own(await window[device].analyze(file, { actions: true, ...options }))];
  const found = [];
  for await (const frame of window[device].analyzeVideo(file, { actions: true, ...options })) {
    if (frame.frame === options.lose) await window[device].destroyDevice();
    found.push(own(frame));
  }
  return found;
}

describe("action units", () => {
  let browser, server, seen;
  const read = (device, path, type, options = {}) => seen.page.evaluate(units, [device, base64(path), type, options]);
  const fetched = () => server.paths.filter((path) => path.endsWith("/actions.safetensors")).length;

  before(async () => {
    server = await serve();
    browser = await launch(unchecked);
    seen = await watched(await browser.newContext());
    await seen.page.goto(`${server.origin}/tests/plain.html`);
    await seen.page.waitForFunction(() => window.Moue);
    await seen.page.evaluate(async () => {
      window.cpu = await window.Moue.load({ device: "cpu" });
      window.gpu = await window.Moue.load({ device: "gpu" });
    });
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("are fetched and read only where they are asked for, once, and then kept", async () => {
    const found = await seen.page.evaluate(async () => {
      const file = await (await fetch("/examples/astronaut.png")).blob();
      const plain = await window.cpu.analyze(file);
      const none = [plain.faces[0].actions, plain.times.actions, window.cpu.actions];
      return { none, faces: plain.faces.length };
    });
    assert.deepEqual([found.none, found.faces, fetched()], [[null, 0, null].map((value, at) => (at === 0 ? undefined : value)), 1, 0]);
    const asked = await seen.page.evaluate(async () => {
      const file = await (await fetch("/examples/astronaut.png")).blob();
      const { faces, times } = await window.cpu.analyze(file, { actions: true });
      const { bytes, cached, units, intensity } = window.cpu.actions;
      const after = await window.cpu.analyze(file);
      const again = await window.gpu.analyze(file, { actions: true });
      const told = (name) => units.find((unit) => unit.name === name);
      return { shown: faces[0].actions.strongest.slice(0, 2).sort(), took: times.actions, bytes, cached, intensity, smile: told("AU12"), blink: told("AU45"), neck: told("AU21"), after: after.faces[0].actions, again: again.faces.length, kept: window.gpu.actions.cached };
    });
    assert.deepEqual([asked.shown, asked.cached, asked.intensity, asked.after, asked.again, asked.kept, fetched()], [["AU12", "AU25"], false, 5, undefined, 1, true, 1]);
    assert.ok(asked.took > 0 && asked.bytes > 1e6 && asked.bytes < 3e6, `${asked.took} ms, ${asked.bytes} bytes`);
    assert.deepEqual(asked.smile, { name: "AU12", words: "lip corners up", photographs: true, videos: true });
    assert.deepEqual([asked.blink, asked.neck].map(({ photographs, videos }) => [photographs, videos]), [[false, true], [false, false]]);
  });

  it("of a photograph are, to 2e-3, those of the native program, on the GPU and on the processor", { skip: noProgram() }, async () => {
    for (const device of ["gpu", "cpu"]) {
      const wanted = nativeUnits(astronaut, device);
      assert.deepEqual(wanted[0][0].actions.strongest.slice(0, 2).sort(), ["AU12", "AU25"]);
      assert.deepEqual(unlike(await read(device, astronaut, "image/png"), wanted), [], device);
      const wrong = structuredClone(wanted);
      wrong[0][0].actions.units.AU12.intensity -= 0.02;
      assert.equal(unlike(wanted, wrong).length, 1);
    }
  });

  it("of a video whose frames are the same bytes are, to 2e-3, those of the native program on the same adapter, motion and all", { skip }, async () => {
    const clip = lossless(33, 8);
    const wanted = nativeUnits(clip, "gpu", fast);
    assert.deepEqual(wanted.map((faces) => faces.length), Array(8).fill(1));
    const brows = wanted.map(([{ actions }]) => actions.units.AU02.probability);
    assert.ok(Math.max(...brows) - Math.min(...brows) > 0.5, `nothing happens: ${brows}`);
    assert.deepEqual(unlike(await read("gpu", clip, "video/webm", fast), wanted), []);
    assert.ok(unlike(wanted, [wanted[0], ...wanted.slice(0, 7)]).length > 8, "frames that come one too late would not be told");
  });

  it("of a video on the processor are, to 2e-3, those of the native processor: its landmarks differ in last digits, and squares are rounded", { skip }, async () => {
    const clip = lossless(33, 16);
    const native = nativeUnits(clip, "cpu", fast);
    const found = await read("cpu", clip, "video/webm", fast);
    assert.deepEqual(unlike(found, native), []);
    assert.ok(apart(found.slice(1), native.slice(0, 15)) > 0.01, "frames that come one too late would not be told");
  });

  it("of two videos that are read by turns are those of each alone", { skip }, async () => {
    const [one, two] = [lossless(20, 8), lossless(40, 8)];
    const alone = [await read("cpu", one, "video/webm", fast), await read("cpu", two, "video/webm", fast)];
    assert.notDeepEqual(alone[0], alone[1]);
    const both = await Promise.all([read("cpu", one, "video/webm", fast), read("cpu", two, "video/webm", fast)]);
    assert.deepEqual(both, alone);
  });

  it("go on where the GPU is lost: every frame is answered, in order, and those after it have their units", { skip }, async () => {
    await seen.page.evaluate(() => (window.gpu.onrecover = ({ code }) => (window.recovered = code)));
    const frames = await read("gpu", lossless(20, 11), "video/webm", { find: "fast", lose: 0 });
    assert.equal(await seen.page.evaluate(() => window.recovered), "device-lost");
    assert.deepEqual(frames.map(([{ track }]) => track), Array(11).fill(0));
    const known = frames.map(([{ actions }]) => actions !== undefined);
    assert.ok(known.filter((one) => !one).length <= 6 && known[0] && known.slice(8).every(Boolean), known.join(" "));
  });

  it("come with what else is asked for of the same frame", { skip }, async () => {
    const crops = await seen.page.evaluate(async (text) => {
      const file = new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], "some");
      const found = [];
      for (const actions of [false, true]) {
        const own = [];
        for await (const { frame, faces } of window.cpu.analyzeVideo(file, { actions, find: "fast", pictures: true })) own.push([frame, faces[0].pictures.crop.data.reduce((sum, value, at) => (sum * 31 + value * (at % 7)) % 1e9, 0)]);
        found.push(own);
      }
      return found;
    }, base64(lossless(20, 8)));
    assert.deepEqual(crops[1], crops[0]);
    assert.equal(new Set(crops[0].map(([, crop]) => crop)).size, 8);
  });

  it("are refused of what was not found to be a face, and by a model that is none of them", async () => {
    const told = await seen.page.evaluate(async () => {
      const code = (promise) => promise.then(() => null, ({ code, message }) => `${code}: ${message}`);
      const picture = new ImageData(64, 64);
      const wrong = await window.Moue.load({ device: "cpu", actions: { url: "/dist/pkg/default.safetensors" } });
      const found = [await code(window.cpu.analyze(picture, { actions: true, faces: "none" })), await code(wrong.analyze(picture, { actions: true }))];
      wrong.dispose();
      return found;
    });
    assert.match(told[0], /^bad-argument: actions: .* leave out faces `none`/);
    assert.match(told[1], /^bad-model: .*it reads expressions, not action units/);
  });

  it("break no rule of the page's policy", () => {
    assert.deepEqual([seen.errors, seen.violations, server.reports], [[], [], []]);
  });
});
