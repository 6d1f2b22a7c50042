/** The package as it is published: plain modules, with types. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { after, before, describe, it } from "node:test";
import { launch, watched } from "./browser.mjs";
import { web } from "./paths.mjs";
import { serve } from "./server.mjs";

describe("the package", () => {
  let browser, server, seen;

  before(async () => {
    server = await serve();
    browser = await launch();
    seen = await watched(await browser.newContext());
    await seen.page.goto(`${server.origin}/tests/plain.html`);
    await seen.page.waitForFunction(() => window.Moue);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("works from a script of type module, without a bundler and under the strict policy", async () => {
    const { faces, stages, version, smile } = await seen.page.evaluate(async () => {
      const stages = [];
      const moue = await window.Moue.load({ onProgress: ({ stage }) => stages.push(stage) });
      const file = await (await fetch("/examples/astronaut.png")).blob();
      const { faces } = await moue.analyze(file);
      const [smiling] = (await moue.analyze(file, { find: "fast", blendshapes: true })).faces;
      moue.dispose();
      // A GPU in software takes ten times as long as the processor for what is the same for both.
      window.moue = await window.Moue.load({ device: "cpu" });
      return { faces: faces.map(({ label, box }) => ({ label, box })), stages: [...new Set(stages)], version: moue.version, smile: smiling.blendshapes.mouthSmileLeft };
    });
    // Boxes are rounded.
    const [{ label, box }] = faces;
    assert.deepEqual([faces.length, label], [1, "happy"]);
    for (const [name, value] of Object.entries({ x: 180, y: 70, width: 91, height: 109 })) assert.ok(Math.abs(box[name] - value) <= 1, JSON.stringify(box));
    assert.ok(Math.abs(smile - 0.889) < 0.01, `${smile}`);
    assert.ok(stages.includes("model") && stages.includes("device"), stages.join(" "));
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.deepEqual([seen.errors, seen.violations, server.reports], [[], [], []]);
  });

  it("takes every kind of source, and answers calls in their order", async () => {
    const labels = await seen.page.evaluate(async () => {
      const file = await (await fetch("/examples/astronaut.png")).blob();
      const bitmap = await createImageBitmap(file);
      const canvas = document.createElement("canvas");
      const [offscreen, frame] = [new OffscreenCanvas(bitmap.width, bitmap.height), new VideoFrame(bitmap, { timestamp: 0 })];
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      for (const target of [canvas, offscreen]) target.getContext("2d").drawImage(bitmap, 0, 0);
      const data = offscreen.getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height);
      const done = [];
      const image = Object.assign(new Image(), { src: "/examples/astronaut.png" });
      const sources = { file, bitmap, canvas, offscreen, frame, data, image };
      await Promise.all(Object.entries(sources).map(async ([name, source]) => done.push(`${name} ${(await window.moue.analyze(source, { faces: "largest" })).faces[0]?.label}`)));
      return done;
    });
    assert.deepEqual(labels, ["file", "bitmap", "canvas", "offscreen", "frame", "data", "image"].map((name) => `${name} happy`));
  });

  it("gives the landmarks and blendshapes that are asked for, and how the head is turned", async () => {
    const found = await seen.page.evaluate(async () => {
      const file = await (await fetch("/examples/astronaut.png")).blob();
      const all = [];
      for (const landmarks of [undefined, 5, 68, 478]) all.push((await window.moue.analyze(file, landmarks ? { landmarks } : {})).faces[0]);
      const turned = all.map(({ pose, eyes, mouth }) => [pose.yaw, pose.pitch, pose.roll, eyes.left, eyes.right, mouth]);
      const { contours, mesh } = window.moue.lines;
      const [smiling] = (await window.moue.analyze(file, { find: "fast", blendshapes: true })).faces;
      return { blendshapes: [all[0].blendshapes, Object.keys(smiling.blendshapes).length, smiling.blendshapes.mouthSmileLeft], points: all.map(({ landmarks }) => landmarks), turned, edges: [contours.length, mesh.length], box: all[0].box };
    });
    assert.deepEqual(found.blendshapes.slice(0, 2), [undefined, 52]);
    assert.ok(Math.abs(found.blendshapes[2] - 0.889) < 0.01, `${found.blendshapes[2]}`);
    const [none, five, sixtyEight, all] = found.points;
    assert.deepEqual([none, five.length, sixtyEight.length, all.length, ...found.edges], [undefined, 5, 68, 478, 132, 1322]);
    // The tip of the nose, the same in all three.
    assert.deepEqual([five[2], sixtyEight[30]], [all[4], all[4]]);
    const { x, y, width, height } = found.box;
    assert.ok(all[4][0] > x && all[4][0] < x + width && all[4][1] > y && all[4][1] < y + height);
    for (const values of found.turned) assert.ok(values.every((value, at) => Math.abs(value - [-0.7, -9.9, 3.0, 0.31, 0.32, 0.18][at]) < [1, 1, 1, 0.02, 0.02, 0.02][at]), values.join(" "));
  });

  it("follows a face through the frames of a stream, and takes another stream's for another's", async () => {
    const tracks = await seen.page.evaluate(async () => {
      const file = await (await fetch("/examples/astronaut.png")).blob();
      const track = async (name, time) => (await window.moue.analyze(file, { find: "fast", stream: { name, time } })).faces[0].track;
      const found = [await track("a", 0), await track("a", 40), await track("a", 80), await track("b", 0)];
      return [...found, (await window.moue.analyze(file)).faces[0].track];
    });
    assert.deepEqual(tracks, [0, 0, 0, 0, null]);
  });

  it("fetches the model that finds faces when a picture needs it, where it was told to", async () => {
    const asked = () => server.paths.filter((path) => path.endsWith("/face.safetensors")).length;
    const before = asked();
    const read = (options) =>
      seen.page.evaluate(async (options) => {
        if (options.load) {
          window.later?.dispose();
          await caches.delete("moue-models");
          window.later = await window.Moue.load({ device: "cpu", faces: "later" });
        }
        const file = await (await fetch("/examples/astronaut.png", { cache: "no-store" })).blob();
        const { faces } = await window.later.analyze(file, options);
        return [faces.length, faces[0].box.width, window.later.faces?.licence ?? null];
      }, options);
    assert.deepEqual(await read({ load: true, faces: "none" }), [1, 512, null]);
    assert.equal(asked(), before);
    const [count, width, licence] = await read({ load: false, faces: "all" });
    assert.equal(count, 1);
    assert.match(licence, /^Apache-2\.0/);
    assert.ok(width < 100);
  });

  it("keeps a model from elsewhere under its checksum, and refuses another file of that name", async () => {
    const found = await seen.page.evaluate(async () => {
      const url = "/dist/pkg/default.safetensors";
      const { sha256 } = window.moue.model;
      const again = await window.Moue.load({ model: { url, sha256 } });
      const wrong = await window.Moue.load({ model: { url, sha256: "0".repeat(64) } }).catch(({ code }) => code);
      const outcome = [again.model.sha256 === sha256, again.model.cached, wrong];
      again.dispose();
      return [...outcome, await again.analyze(new ImageData(8, 8)).catch(({ code }) => code)];
    });
    assert.deepEqual(found, [true, true, "bad-model", "stopped"]);
  });

  it("has types that hold for its own sources, for the page and for a program that uses it", () => {
    const compiler = join(web, "node_modules/typescript/bin/tsc");
    for (const project of ["src", "app", "tests/types"]) {
      const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", project, "--noEmit"], { cwd: web, encoding: "utf8" });
      assert.equal(status, 0, stdout);
    }
  });

  it("has an expression model of at most 4.5 MB", () => {
    const { size } = statSync(join(web, "dist/pkg/default.safetensors"));
    assert.ok(size <= 4_500_000, `${size} bytes`);
  });

  it("is at most 3 MB of compressed WebAssembly", () => {
    const bytes = gzipSync(readFileSync(join(web, "dist/pkg/moue_bg.wasm"))).length;
    console.log(`The WebAssembly has ${(bytes / 1e6).toFixed(2)} MB compressed.`);
    assert.ok(bytes <= 3_000_000, `${bytes} bytes`);
  });

  it("publishes every file that its package.json names", () => {
    const { exports } = JSON.parse(readFileSync(join(web, "package.json"), "utf8"));
    const named = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [entry] : Object.values(entry)));
    assert.deepEqual(named.filter((path) => !existsSync(join(web, path))), []);
  });
});
