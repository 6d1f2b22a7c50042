/** The package as it is published: plain modules, with types. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
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
    const { faces, stages, version } = await seen.page.evaluate(async () => {
      const stages = [];
      const moue = await window.Moue.load({ onProgress: ({ stage }) => stages.push(stage) });
      window.moue = moue;
      const file = await (await fetch("/examples/astronaut.png")).blob();
      const { faces } = await moue.analyze(file);
      return { faces: faces.map(({ label, box }) => ({ label, box })), stages: [...new Set(stages)], version: moue.version };
    });
    assert.deepEqual(faces, [{ label: "happy", box: { x: 178, y: 64, width: 98, height: 98 } }]);
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
