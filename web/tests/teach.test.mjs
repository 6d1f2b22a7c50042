/**
 * Labels taught in a browser: four of renders by the page as `moue teach` teaches them, a file that the program reads, what is refused, and faces taken of a webcam, all of it
 * without a GPU, where 80 faces are read in seconds; and by the package on SwiftShader some of them, or with MOUE_THOROUGH=1 all. No other test teaches in a browser, opens a
 * taught model there, or goes on with it where the GPU was lost. 92 s on two cores that were
 * shared, 40 of them on SwiftShader.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, overflow, ready, screen, unchecked, watched } from "./browser.mjs";
import { camera, clip } from "./clip.mjs";
import { environment } from "./native.mjs";
import { folder, target, web } from "./paths.mjs";
import { noRenders, renders, written } from "./renders.mjs";
import { serve } from "./server.mjs";
import { noProgram } from "./units.mjs";

const program = join(target, `release/moue${process.platform === "win32" ? ".exe" : ""}`);
const labels = ["eyes closed", "lips sucked", "smile closed", "smile open"];
/** Faces of 80 that may be answered otherwise than natively: networks round otherwise on another adapter, and a face may lie where two labels are as probable. */
const mostOthers = 1;
/** What two probabilities may differ by. */
const most = 2e-3;

function moue(...values) {
  const run = spawnSync(program, values, { env: environment(), encoding: "utf8", maxBuffer: 1 << 24 });
  if (run.status !== 0) throw new Error(`moue ${values[0]}: ${run.stderr || run.error}`);
  return run.stdout;
}

/** Pictures as PNGs, so that whoever reads them has the same pixels. */
async function decoded(page, pictures) {
  const texts = await page.evaluate(async (texts) => {
    const png = async (text) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
      return btoa(String.fromCharCode(...bytes));
    };
    return Promise.all(texts.map(png));
  }, pictures.map(({ bytes }) => bytes.toString("base64")));
  return pictures.map(({ path }, at) => ({ path: path.replace(/jpg$/, "png"), bytes: Buffer.from(texts[at], "base64") }));
}

/** Writes them to a folder, anew. */
function laid(pictures, name) {
  const root = join(folder("teach"), name);
  rmSync(root, { recursive: true, force: true });
  written(pictures, root);
  return root;
}

/** What the program learns of a folder. */
function native(root, device, name) {
  return JSON.parse(moue("teach", root, "-o", join(folder("teach"), `${name}.safetensors`), "--device", device, "--json"));
}

/** How many faces two tables answer otherwise. */
const others = (a, b) => a.flat().reduce((sum, count, at) => sum + Math.abs(count - b.flat()[at]), 0) / 2;

describe("labels of one's own, without a GPU", () => {
  let browser, server, seen, page, root;
  const one = (id) => page.locator(`[data-testid="${id}"]`);
  const status = (wanted, timeout) => page.waitForFunction((wanted) => new RegExp(wanted).test(document.querySelector('[data-testid="teach-status"]').textContent), wanted, { timeout });
  const saved = async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), one("teach-save").click()]);
    const file = join(folder("teach"), "mine.safetensors");
    await download.saveAs(file);
    return file;
  };

  before(async () => {
    server = await serve();
    browser = await launch(camera(clip()));
    const context = await browser.newContext({ permissions: ["camera"], acceptDownloads: true });
    if (!noRenders()) {
      const blank = await context.newPage();
      root = laid(await decoded(blank, renders()), "four");
      await blank.close();
    }
    seen = await watched(context);
    ({ page } = seen);
    await page.goto(`${server.origin}/#teach`);
    await ready(page);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("are learned of a folder, and tested in the same parts as by `moue teach`", { skip: noRenders() || noProgram() }, async () => {
    const began = performance.now();
    await page.setInputFiles('[data-testid="teach-folder"]', root);
    await status("^80 pictures read, 80 faces in all", 180_000);
    const read = performance.now();
    await one("teach-start").click();
    await one("teach-table").waitFor({ timeout: 120_000 });
    const learned = performance.now();
    const wanted = native(root, "cpu", "native");
    const rows = await one("teach-table").locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map(({ textContent }) => textContent)));
    const confusion = rows.map((row) => row.slice(3).map((text) => Number(text.replace("·", "0"))));
    assert.deepEqual(rows.map(([label]) => label), wanted.labels);
    assert.deepEqual(rows.map(([, faces]) => Number(faces)), wanted.faces);
    const differ = others(confusion, wanted.tested.confusion);
    const [figure, sentence] = [await one("teach-figure").textContent(), await one("teach-sentence").textContent()];
    console.log(`In the browser ${figure} (natively ${(100 * wanted.tested.accuracy).toFixed(1)} %, ${differ} answered otherwise); ${((read - began) / 1000).toFixed(1)} s to read, ${((learned - read) / 1000).toFixed(1)} s to learn and open. ${sentence}`);
    assert.ok(differ <= mostOthers, `${JSON.stringify(confusion)} instead of ${JSON.stringify(wanted.tested.confusion)}`);
    assert.ok(wanted.tested.accuracy > 0.6, "any answer would be near");
    const said = await one("teach-result").textContent();
    assert.ok(said.includes(`Tested in ${wanted.tested.parts} parts`) && said.includes(`${wanted.bursts} bursts`) && said.includes(`${wanted.features} features`), said);
    assert.match(sentence, /^Better than always guessing the most frequent label: yes, \+\d/);
    await status("^$", 60_000);
  });

  it("go into a file whose answers are the program's", { skip: noRenders() || noProgram() }, async () => {
    const file = await saved();
    const pictures = renders().filter((_, at) => at % 20 === 7).map(({ path }) => join(root, path.replace(/jpg$/, "png")));
    const before = await page.evaluate(() => window.moueAnswered);
    await page.setInputFiles('[data-testid="teach-try"]', pictures);
    await page.waitForFunction((count) => window.moueAnswered >= count, before + 4, { timeout: 60_000 });
    const own = await page.evaluate(() => window.moueAnswers.slice(-4).map(({ analysis }) => analysis.faces.map(({ label, probabilities }) => ({ label, probabilities: [...probabilities] }))));
    const records = moue("analyze", ...pictures, "--model", file, "--device", "cpu", "--json").trim().split("\n").map((line) => JSON.parse(line));
    records.forEach(({ faces: [wanted] }, at) => {
      const [face] = own[at];
      assert.equal(face.label, wanted.label);
      labels.forEach((label, place) => assert.ok(Math.abs(face.probabilities[place] - wanted.probabilities[label]) < most, `${label}: ${face.probabilities[place]}, ${wanted.probabilities[label]}`));
    });
    assert.ok(records.filter(({ faces: [{ label }] }, at) => label === labels[at]).length >= 3, "it learned nothing");
  });

  it("are looked at in light, in the dark and on a telephone", { skip: noRenders() || noProgram() }, async () => {
    await screen(page, "teach-light");
    await page.emulateMedia({ colorScheme: "dark" });
    await screen(page, "teach-dark");
    await page.setViewportSize({ width: 375, height: 800 });
    assert.equal(await overflow(page), 0);
    await screen(page, "teach-phone");
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.emulateMedia({ colorScheme: "light" });
  });

  it("are read again from the file, and answer the webcam", { skip: noRenders() || noProgram() }, async () => {
    await one("teach-clear").click();
    await one("teach-result").waitFor({ state: "hidden" });
    await page.setInputFiles('[data-testid="teach-open"]', join(folder("teach"), "mine.safetensors"));
    await one("teach-opened").waitFor({ timeout: 60_000 });
    assert.equal(await one("teach-opened").textContent(), `mine.safetensors answers ${labels.join(", ")}.`);
    await one("teach-camera").click();
    const face = one("teach-live-faces").locator('[data-testid="face-label"]');
    await face.first().waitFor({ timeout: 60_000 });
    assert.ok(labels.includes(await face.first().textContent()));
    await screen(page, "teach-live");
    await one("teach-camera").click();
    // Another file is no model, and is named.
    await page.setInputFiles('[data-testid="teach-open"]', { name: "other.safetensors", mimeType: "application/octet-stream", buffer: Buffer.from("no model") });
    await page.waitForFunction(() => /not a safetensors file/.test(document.querySelector('[data-testid="teach-error"]').textContent));
  });

  it("get faces from the webcam while a button or the space bar is held; a click removes one", async () => {
    // The second is typed while the first is on its way.
    await page.evaluate(() => {
      const [name, add] = ["teach-name", "teach-add"].map((id) => document.querySelector(`[data-testid="${id}"]`));
      name.value = "smile";
      add.click();
      name.value = "rest";
    });
    await one("teach-label").first().waitFor();
    await one("teach-add").click();
    await one("teach-label").nth(1).waitFor();
    await one("teach-camera").click();
    const [hold, faces] = [one("teach-hold").first(), one("teach-faces").first().locator('[data-testid="teach-face"]')];
    await hold.waitFor();
    await page.waitForFunction(() => document.querySelector('[data-testid="teach-video"]').readyState >= 2);
    await hold.hover();
    await page.mouse.down();
    await faces.nth(1).waitFor({ timeout: 60_000 });
    await screen(page, "teach-holding");
    await page.mouse.up();
    // What was on its way when it was let go still comes.
    await page.evaluate(() => window.moue.memory());
    await page.waitForTimeout(500);
    const count = await faces.count();
    await page.waitForTimeout(1_000);
    assert.equal(await faces.count(), count);
    await hold.focus();
    await page.keyboard.down(" ");
    await faces.nth(count).waitFor({ timeout: 60_000 });
    await page.keyboard.up(" ");
    await page.waitForTimeout(1_500);
    const all = await faces.count();
    await faces.first().click();
    await page.waitForFunction((count) => document.querySelector('[data-testid="teach-faces"]').childElementCount === count, all - 1);
    // The camera stops with the tab.
    await page.click('[data-testid="tab-photos"]');
    assert.equal(await page.evaluate(() => document.querySelector('[data-testid="teach-video"]').srcObject), null);
    await page.click('[data-testid="tab-teach"]');
  });

  it("are refused where they cannot be taught: the page says why", async () => {
    const refused = async (pattern) => {
      await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector('[data-testid="teach-error"]').textContent), pattern, { timeout: 10_000 });
    };
    await one("teach-start").click();
    await refused("a label needs 5 faces at least, and `smile` has \\d+, `rest` has 0: add pictures|and `rest` has 0: add pictures");
    await page.fill('[data-testid="teach-name"]', "Smile");
    await one("teach-add").click();
    await refused("the labels `smile` and `Smile` differ in case only");
    assert.equal(await one("teach-name").inputValue(), "Smile");
    await page.setInputFiles('[data-testid="teach-folder"]', join(web, "app/public/examples/thumbs"));
    await refused("thumbs has \\d+ pictures and no folders: choose one with a folder of pictures a label");
    await screen(page, "teach-refused");
    await one("teach-remove").first().click();
    await page.waitForFunction(() => document.querySelectorAll('[data-testid="teach-label"]').length === 1);
    await one("teach-start").click();
    await refused("there is one label, `rest`");
  });

  it("are refused by the package with the same pictures under two labels, without a face, or with too many", async () => {
    const found = await page.evaluate(async () => {
      const moue = window.moue;
      const said = (promise) => promise.then(() => null, ({ code, message }) => [code, message]);
      const noise = (seed) => {
        const picture = new ImageData(48, 48);
        let state = seed;
        for (let at = 0; at < picture.data.length; at++) {
          if (at % 4 === 0) state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
          picture.data[at] = at % 4 === 3 ? 255 : state >>> 24;
        }
        return picture;
      };
      const teacher = await moue.teacher(["a", "b"]);
      for (const label of ["a", "b"]) for (let seed = 1; seed < 6; seed++) await teacher.add(label, noise(seed), { faces: "none", name: `${seed}` });
      const same = await said(teacher.teach());
      const faceless = await said(teacher.add("a", noise(7)));
      const nobody = await said(teacher.add("c", noise(7), { faces: "none" }));
      const { face, box, crop } = await teacher.add("a", noise(8), { faces: "none" });
      const counts = await teacher.remove(face);
      const renamed = await teacher.renameLabel("b", "B");
      await teacher.dispose();
      return { same, faceless, nobody, box, crop: [crop.width, crop.height], counts, renamed, gone: await said(teacher.labels()), empty: await said(moue.teacher(["x", " "])) };
    });
    assert.match(found.same.join(" "), /^bad-argument `a` and `b` have the same pictures: a face shows one label/);
    assert.match(found.faceless.join(" "), /^bad-picture .*no face was found/);
    assert.match(found.nobody.join(" "), /^bad-argument .*there is no label `c`/);
    assert.deepEqual([found.box, found.crop], [{ x: 0, y: 0, width: 48, height: 48 }, [48, 48]]);
    assert.deepEqual([found.counts, found.renamed], [[{ label: "a", faces: 5 }, { label: "b", faces: 5 }], [{ label: "a", faces: 5 }, { label: "B", faces: 5 }]]);
    assert.equal(found.gone[0], "stopped");
    assert.match(found.empty.join(" "), /^bad-argument .*has no name/);
  });

  it("break no rule of the page's policy", () => {
    assert.deepEqual([seen.errors, seen.violations, server.reports], [[], [], []]);
  });
});

describe("labels of one's own, on a GPU", () => {
  let browser, server, page;

  before(async () => {
    server = await serve();
    browser = await launch(unchecked);
    ({ page } = await watched(await browser.newContext()));
    await page.goto(`${server.origin}/tests/plain.html`);
    await page.waitForFunction(() => window.Moue);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("are learned as by `moue teach` there, also where the GPU was lost meanwhile, and answered by what opens the file", { skip: noRenders() || noProgram() }, async () => {
    const some = process.env.MOUE_THOROUGH === "1" ? renders() : renders().filter((_, at) => at < 5 || at >= 75);
    const pictures = await decoded(page, some);
    const root = laid(pictures, "some");
    const given = pictures.map(({ path, bytes }) => ({ path, text: bytes.toString("base64") }));
    const found = await page.evaluate(async (given) => {
      const moue = await window.Moue.load({ device: "gpu", faces: "later" });
      const labels = [...new Set(given.map(({ path }) => path.split("/")[0]))];
      const teacher = await moue.teacher(labels);
      const files = given.map(({ text }) => new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/png" }));
      const start = performance.now();
      for (const [at, { path }] of given.entries()) {
        const [label, together] = path.split("/");
        await teacher.add(label, files[at], { together });
        // What was collected outlives the GPU.
        if (at === 3) await moue.destroyDevice();
      }
      const read = performance.now();
      const { report, sentence, file } = await teacher.teach();
      const learned = performance.now();
      moue.dispose();
      const mine = await window.Moue.load({ model: file.buffer, device: "gpu" });
      const { faces: [face] } = await mine.analyze(files[0]);
      return { report, sentence, seconds: [read - start, learned - read].map((ms) => ms / 1000), model: mine.model.labels, adapter: mine.adapter.name, face: face && [...face.probabilities], file: [...file] };
    }, given);
    const wanted = native(root, "cpu", "some");
    const { report } = found;
    console.log(`${some.length} faces on ${found.adapter}: ${(100 * report.tested.accuracy).toFixed(1)} % right (natively ${(100 * wanted.tested.accuracy).toFixed(1)} %), ${found.seconds[0].toFixed(1)} s to read, ${found.seconds[1].toFixed(1)} s to learn. ${found.sentence}`);
    for (const name of ["labels", "faces", "bursts", "features"]) assert.deepEqual(report[name], wanted[name], name);
    assert.equal(report.tested.parts, wanted.tested.parts);
    assert.ok(report.gradient <= 1e-9);
    assert.ok(others(report.tested.confusion, wanted.tested.confusion) <= mostOthers, `${JSON.stringify(report.tested.confusion)} instead of ${JSON.stringify(wanted.tested.confusion)}`);
    assert.deepEqual(found.model, wanted.labels);
    const file = join(folder("teach"), "gpu.safetensors");
    writeFileSync(file, Buffer.from(found.file));
    const { faces: [face] } = JSON.parse(moue("analyze", join(root, pictures[0].path), "--model", file, "--device", "cpu", "--json"));
    wanted.labels.forEach((label, at) => assert.ok(Math.abs(found.face[at] - face.probabilities[label]) < most, `${label}: ${found.face[at]}, ${face.probabilities[label]}`));
  });
});
