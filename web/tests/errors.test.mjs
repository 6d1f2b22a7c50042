/** Whatever is broken is told by its code and a sentence, and costs its own answer only. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { answers, drop, launch, ready, screen, watched, webgpu } from "./browser.mjs";
import { astronaut } from "./paths.mjs";
import { serve } from "./server.mjs";

/** Opens a page that does not get ready; gives the code and the text of its error. */
async function refused(browser, server, prepare = async () => {}) {
  const { page } = await watched(await browser.newContext());
  await prepare(page);
  await page.goto(server.origin);
  const box = page.locator('[data-testid="error"]');
  await box.waitFor({ timeout: 60_000 });
  return { page, code: await box.getAttribute("data-code"), text: await box.innerText() };
}

describe("broken pictures", () => {
  let browser, server, page;

  before(async () => {
    server = await serve();
    // Without WebGPU: pictures are decoded before, and a GPU in software takes ten times as long for those that are whole.
    browser = await launch([]);
    ({ page } = await watched(await browser.newContext()));
    await page.goto(server.origin);
    await ready(page);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const good = readFileSync(astronaut);
  const jpeg = readFileSync(new URL("../app/public/examples/smiling.jpg", import.meta.url));
  const half = good.length >> 1;
  const damaged = Buffer.from(good);
  damaged.fill(0x55, half, half + 4000);
  const broken = [
    ["letter.png", "image/png", Buffer.from("This is a letter.\n")],
    ["empty.jpg", "image/jpeg", Buffer.alloc(0)],
    ["cut.png", "image/png", good.subarray(0, half)],
    ["cut-at-its-end.png", "image/png", good.subarray(0, good.length - 20)],
    ["cut.jpg", "image/jpeg", jpeg.subarray(0, jpeg.length >> 1)],
    ["damaged.png", "image/png", damaged],
    ["header-only.png", "image/png", good.subarray(0, 33)],
  ];
  for (const [name, type, bytes] of broken) {
    it(`${name} is the failure bad-picture, named, with a remedy`, async () => {
      const before = await page.evaluate(() => window.moueAnswers.length);
      await drop(page, [[name, type, bytes]]);
      const failed = (await answers(page, before + 1)).at(-1);
      assert.equal(failed.error?.code, "bad-picture", JSON.stringify(failed.faces));
      assert.match(failed.error.message, new RegExp(`“${name}” .+: choose (another one|a PNG or JPEG)\\.`));
      const card = page.locator(`[data-name="${name}"] [data-testid="card-error"]`);
      assert.equal(await card.getAttribute("data-code"), "bad-picture");
      assert.equal(await card.innerText(), failed.error.message);
    });
  }

  it("a broken picture among several leaves the others their answers, in their order", async () => {
    await page.click('[data-testid="clear"]');
    const before = await page.evaluate(() => window.moueAnswers.length);
    await drop(page, [["one.png", "image/png", good], broken[0], ["three.jpg", "image/jpeg", jpeg]]);
    const found = (await answers(page, before + 3)).slice(before);
    assert.deepEqual(found.map(({ name }) => name), ["one.png", "letter.png", "three.jpg"]);
    assert.deepEqual(found.map(({ faces }) => faces?.length), [1, undefined, 1]);
    assert.equal(await page.locator('[data-testid="failed"]').count(), 1);
    assert.equal(await page.locator('[data-testid="card"]').count(), 2);
    await page.getByText("3 photographs done, 1 of them failed").waitFor();
    await screen(page, "broken-picture");
  });

  it("what is no model is the failure bad-model", async () => {
    const codes = await page.evaluate(async () => {
      const Moue = window.moue.constructor;
      const file = await (await fetch(performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".safetensors")).name)).arrayBuffer();
      const noise = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251).buffer;
      const models = { empty: new ArrayBuffer(0), noise, cut: file.slice(0, file.byteLength / 2), head: file.slice(0, 8) };
      const found = {};
      for (const [name, model] of Object.entries(models)) {
        found[name] = await Moue.load({ model }).then(() => "loaded", ({ code, message }) => `${code}: ${message}`);
      }
      return found;
    });
    for (const [name, text] of Object.entries(codes)) assert.match(text, /^bad-model: .{20,}/, name);
  });

  it("what finds no faces is the failure bad-model", async () => {
    const found = await page.evaluate(async () => {
      const Moue = window.moue.constructor;
      const expressions = await (await fetch("/dist/pkg/default.safetensors")).arrayBuffer();
      const told = (faces) => Moue.load({ faces }).then(() => "loaded", ({ code, message }) => `${code}: ${message}`);
      return [await told(new ArrayBuffer(0)), await told(expressions)];
    });
    for (const text of found) assert.match(text, /^bad-model: .*face model/);
  });

  it("an option that there is not is the failure bad-argument, and says what there is", async () => {
    const texts = await page.evaluate(async () => {
      const found = [];
      for (const options of [{ find: "slow" }, { faces: "some" }, { minFace: 3 }, { minFace: 24.5 }, { minScore: 2 }, { landmarks: 7 }, { stream: { name: "a", time: -1 } }]) {
        found.push(await window.moue.analyze(new ImageData(64, 64), options).then(() => "answered", ({ code, message }) => `${code}: ${message}`));
      }
      return found;
    });
    const wanted = [/fast, normal or thorough/, /all, largest or none/, /8 pixels or more/, /whole pixels/, /0 to 1/, /5, 68 or 478/, /milliseconds/];
    for (const [at, text] of texts.entries()) assert.match(text, new RegExp(`^bad-argument: .*${wanted[at].source}`));
  });

  it("what is no picture is the failure bad-argument or bad-picture", async () => {
    const codes = await page.evaluate(async () => {
      const closed = await createImageBitmap(new ImageData(8, 8));
      closed.close();
      const sources = { text: "picture.png", nothing: null, closed, video: document.createElement("video"), canvas: new OffscreenCanvas(0, 0) };
      const found = {};
      for (const [name, source] of Object.entries(sources)) found[name] = await window.moue.analyze(source).then(() => "answered", ({ code }) => code);
      return found;
    });
    assert.deepEqual(codes, { text: "bad-argument", nothing: "bad-argument", closed: "bad-picture", video: "bad-picture", canvas: "bad-picture" });
  });
});

describe("what the page cannot do without", () => {
  let browser;
  const servers = [];
  const served = async (options) => {
    const server = await serve(options);
    servers.push(server);
    return server;
  };

  before(async () => {
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    for (const server of servers) await server.close();
  });

  it("a model file with one wrong bit is the failure bad-model, and is not kept", async () => {
    const server = await served({
      change: (path, bytes) => {
        if (!path.endsWith(".safetensors")) return undefined;
        bytes[bytes.length - 1000] ^= 1;
        return bytes;
      },
    });
    const { page, code, text } = await refused(browser, server);
    assert.equal(code, "bad-model");
    assert.match(text, /another file than the one wanted/);
    assert.equal(await page.evaluate(async () => (await (await caches.open("moue-models")).keys()).length), 0);
    await screen(page, "bad-model");
  });

  it("a model file that is not there is the failure network", async () => {
    const { page, code, text } = await refused(browser, await served(), (page) => page.route("**/*.safetensors", (route) => route.fulfill({ status: 404 })));
    assert.equal(code, "network");
    assert.match(text, /could not be fetched \(404/);
    await screen(page, "no-model");
  });

  it("a page that is neither from https: nor from localhost is the failure insecure", async () => {
    const { origin } = await served();
    const elsewhere = await launch([...webgpu, "--host-resolver-rules=MAP moue.test 127.0.0.1"]);
    try {
      const { code, text } = await refused(elsewhere, { origin: origin.replace("127.0.0.1", "moue.test") });
      assert.equal(code, "insecure");
      assert.match(text, /https: or localhost/);
    } finally {
      await elsewhere.close();
    }
  });

  it("a worker that does not load is the failure defect", async () => {
    const server = await served({ change: (path) => (/\/worker-[^/]+\.js$/.test(path) ? "throw new Error('planted')" : undefined) });
    const { code, text } = await refused(browser, server);
    assert.equal(code, "defect");
    assert.match(text, /load the page anew/);
  });
});
