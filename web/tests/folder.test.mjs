/**
 * Embeddings in the package and the page's tab for folders: vectors as `moue embed` writes them, on the GPU and on the processor; neighbours, groups and the map of
 * WebAssembly; a file that the program reads; broken pictures told and the rest shown. No other test embeds in a browser. 30 s on two cores that were shared.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, overflow, ready, screen, unchecked, watched } from "./browser.mjs";
import { environment } from "./native.mjs";
import { astronaut, folder, target, web } from "./paths.mjs";
import { pictures } from "./pictures.mjs";
import { serve } from "./server.mjs";
import { noProgram } from "./units.mjs";

const program = join(target, `release/moue${process.platform === "win32" ? ".exe" : ""}`);
const examples = ["astronaut.png", "grace_hopper.jpg", "neutral.jpg", "smiling.jpg"].map((name) => join(web, "app/public/examples", name));
/** What two numbers of a vector may differ by. */
const most = 2e-3;

/** The tensors of a file of faces, and its header. */
function opened(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  const head = JSON.parse(bytes.subarray(8, 8 + length));
  const floats = (name) => {
    const [from, to] = head[name].data_offsets.map((offset) => 8 + length + offset);
    return Array.from({ length: (to - from) / 4 }, (_, at) => bytes.readFloatLE(from + 4 * at));
  };
  return { said: JSON.parse(head.__metadata__["moue"]), floats };
}

function moue(...values) {
  const run = spawnSync(program, values, { env: environment(), encoding: "utf8" });
  if (run.status !== 0) throw new Error(`moue ${values[0]}: ${run.stderr || run.error}`);
  return run.stdout;
}

/** The vector of the astronaut by the program. */
function native(device) {
  const file = join(folder("embed"), `${device}.safetensors`);
  // What lies there is gone on with.
  rmSync(file, { force: true });
  moue("embed", astronaut, "-o", file, "--device", device);
  return opened(readFileSync(file));
}

const far = (a, b) => Math.max(...a.map((value, at) => Math.abs(value - b[at])));

describe("embeddings", () => {
  let browser, server, page;
  const seen = [];
  const one = (id) => page.locator(`[data-testid="${id}"]`);
  const fetched = () => server.paths.filter((path) => /embedding[\w-]*\.safetensors$/.test(path)).length;

  const visit = async (path, flags) => {
    await browser?.close();
    browser = await launch(flags);
    seen.push(await watched(await browser.newContext({ acceptDownloads: true })));
    ({ page } = seen.at(-1));
    await page.goto(server.origin + path);
  };

  before(async () => {
    server = await serve();
    await visit("/tests/plain.html", unchecked);
    await page.waitForFunction(() => window.Moue);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("are fetched and made only where they are asked for, and are, to 2e-3, those of `moue embed`", { skip: noProgram() }, async () => {
    // One that was not asked for costs a picture more: on the processor.
    for (const [device, adapter] of [["cpu", "cpu"], ["gpu", "swiftshader"]]) {
      const read = (options) => page.evaluate(async ([device, options]) => {
        window[device] ??= await window.Moue.load({ device });
        const file = await (await fetch("/examples/astronaut.png")).blob();
        const { faces } = await window[device].analyze(file, options);
        return faces.map(({ embedding, box }) => ({ embedding: embedding && [...embedding], box }));
      }, [device, options]);
      if (device === "cpu") assert.deepEqual([(await read({}))[0].embedding, fetched()], [undefined, 0]);
      const [face] = await read({ embed: true });
      assert.equal(fetched(), 1);
      const wanted = native(adapter).floats("embeddings");
      assert.equal(face.embedding.length, 64);
      assert.ok(far(face.embedding, wanted) < most, `${device}: ${far(face.embedding, wanted)}`);
      assert.ok(Math.max(...wanted.map(Math.abs)) > 20 * most, "any vector would be near");
    }
  });

  it("have neighbours, groups and a map; wrong vectors are refused", async () => {
    const found = await page.evaluate(async () => {
      // Three heaps, the last one of a single vector.
      const vector = (heap, at) => Float32Array.from({ length: 64 }, (_, place) => (place === heap ? 10 : 0) + Math.sin(7 * at + place) / 10);
      const vectors = [...Array(8).keys()].map((at) => vector(at < 4 ? 0 : at < 7 ? 1 : 2, at));
      const engine = window.cpu ?? (window.cpu = await window.Moue.load({ device: "cpu" }));
      const own = (a, b) => Math.hypot(...a.map((value, at) => value - b[at]));
      const order = vectors.map((other, index) => ({ index, distance: own([...vectors[5]], [...other]) })).sort((a, b) => a.distance - b.distance);
      const code = (promise) => promise.then(() => null, ({ code }) => code);
      return {
        near: await engine.neighbours(vectors[5], vectors, 4),
        order: order.slice(0, 4),
        kmeans: await engine.groups(vectors, { k: 3 }),
        em: await engine.groups(vectors, { method: "em", k: 3, seed: 7 }),
        map: await engine.map(vectors),
        again: await engine.map(vectors),
        refused: [await code(engine.neighbours(vectors[0].slice(1), vectors)), await code(engine.groups([vectors[0].map(() => NaN)])), await code(engine.groups(vectors, { method: "luck" })), await code(engine.map([]))],
      };
    });
    assert.deepEqual(found.near.map(({ index }) => index), found.order.map(({ index }) => index));
    assert.ok(found.near.every(({ distance }, at) => Math.abs(distance - found.order[at].distance) < 1e-5));
    const members = (groups) => groups.map((group) => group.members.map(({ index }) => index).sort());
    assert.deepEqual(members(found.kmeans), [[0, 1, 2, 3], [4, 5, 6], [7]]);
    assert.deepEqual(members(found.em), members(found.kmeans));
    assert.ok(found.kmeans.every(({ medoid, members: [first] }) => first.index === medoid && first.distance === 0));
    assert.equal(found.map.flat().filter(Number.isFinite).length, 16);
    assert.deepEqual(found.map, found.again);
    assert.deepEqual(found.refused, Array(4).fill("bad-argument"));
  });

  it("of a folder are read whatever lies in it, grouped, looked up and mapped", async () => {
    // Without WebGPU: the page is the same, and a GPU in software takes ten times as long.
    await visit("/#folder", []);
    await ready(page);
    const none = { name: "none.png", mimeType: "image/png", buffer: pictures()["no-face.png"] };
    const broken = { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture") };
    const bytes = (path) => ({ name: path.split(/[\\/]/).at(-1), mimeType: path.endsWith("png") ? "image/png" : "image/jpeg", buffer: readFileSync(path) });
    await page.setInputFiles('[data-testid="folder-files"]', [broken, ...examples.map(bytes), none]);
    await page.waitForFunction(() => /^6 pictures read, 4 faces\.$/.test(document.querySelector('[data-testid="folder-status"]').textContent), null, { timeout: 120_000 });
    assert.deepEqual([await one("crop-medoid").count() + (await one("crop-member").count()), await one("dot").count(), await one("folder-stop").isVisible()], [4, 4, false]);
    const troubles = await one("folder-troubles").locator("li").allTextContents();
    assert.ok(troubles.length === 2 && /^broken\.png: ./.test(troubles[0]) && troubles[1] === "none.png: no face was found.", `${troubles}`);
    await page.selectOption('[data-testid="folder-groups-count"]', "4");
    await one("crop-medoid").first().focus();
    await page.keyboard.press("Enter");
    await one("crop-chosen").waitFor();
    assert.equal(await one("crop-near").count(), 3);
    await one("folder-map").focus();
    const before = await one("folder-map-text").textContent();
    for (const key of ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"]) await page.keyboard.press(key);
    assert.match(before, /: \w+ \d+ %/);
    const reached = await one("folder-map-text").textContent();
    await page.keyboard.press("Enter");
    await page.waitForFunction((text) => document.querySelector('[data-testid="folder-chosen"]').textContent === text, reached);
  });

  it("are looked at in light, in the dark and on a telephone", async () => {
    await screen(page, "folder-light");
    await page.emulateMedia({ colorScheme: "dark" });
    await screen(page, "folder-dark");
    await page.setViewportSize({ width: 375, height: 800 });
    assert.equal(await overflow(page), 0);
    await screen(page, "folder-phone");
  });

  it("go into a file that the program reads", { skip: noProgram() }, async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), one("folder-save").click()]);
    const file = join(folder("embed"), "page.safetensors");
    await download.saveAs(file);
    const { said, floats } = opened(readFileSync(file));
    assert.deepEqual(said.files.map(({ path }) => path), ["astronaut.png", "grace_hopper.jpg", "neutral.jpg", "smiling.jpg", "none.png"]);
    const wanted = native("cpu");
    assert.deepEqual([said.model, said.version, said.expressions], [wanted.said.model, wanted.said.version, wanted.said.expressions]);
    for (const name of ["embeddings", "boxes", "probabilities", "eyes_open", "smile"]) {
      const [own, other] = [floats(name), wanted.floats(name)];
      assert.equal(own.length, 4 * other.length);
      assert.ok(far(other, own) < most, `${name}: ${far(other, own)}`);
    }
    assert.match(moue("groups", file, "--k", "2", "--method", "kmeans"), /\S/);
    const [json] = await Promise.all([page.waitForEvent("download"), one("folder-json").click()]);
    const records = readFileSync(await json.path(), "utf8").trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(records.map(({ faces }) => faces.map(({ embedding }) => embedding.length)), [[64], [64], [64], [64], []]);
  });

  it("of a folder are read no further where one stops it, and what was read is shown", async () => {
    await one("folder-clear").click();
    const buffer = readFileSync(astronaut);
    await page.setInputFiles('[data-testid="folder-files"]', [...Array(30).keys()].map((at) => ({ name: `${at}.png`, mimeType: "image/png", buffer })));
    await one("folder-stop").click();
    await page.waitForFunction(() => /^\d+ pictures? read, \d+ faces?\.$/.test(document.querySelector('[data-testid="folder-status"]').textContent), null, { timeout: 60_000 });
    const read = Number.parseInt(await one("folder-status").textContent(), 10);
    assert.ok(read >= 1 && read < 15, `${read}`);
    assert.equal(await one("dot").count(), read);
  });

  it("break no rule of the page's policy", () => {
    assert.deepEqual([seen.flatMap(({ errors }) => errors), seen.flatMap(({ violations }) => violations), server.reports], [[], [], []]);
  });
});
