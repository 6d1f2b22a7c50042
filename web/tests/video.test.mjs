/** Video files: the frames, times and sizes that were put in, faces followed, errors with a remedy, and the tab that shows them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { drop, launch, overflow, ready, screen, watched } from "./browser.mjs";
import { page as built, web } from "./paths.mjs";
import { serve } from "./server.mjs";
import { bad, face, good, noFfmpeg } from "./videos.mjs";

const skip = noFfmpeg();
if (skip) console.log(`The made clips: ${skip}.`);

/** In a page: counts frames of videos that are made and closed, and decoders. */
function counting() {
  const counts = (window.videoCounts = { made: 0, closed: 0, decoders: 0, ended: 0 });
  const gone = new WeakSet();
  const closing = VideoFrame.prototype.close;
  VideoFrame.prototype.close = function () {
    if (!gone.has(this)) counts.closed++;
    gone.add(this);
    return closing.call(this);
  };
  const cloning = VideoFrame.prototype.clone;
  VideoFrame.prototype.clone = function () {
    counts.made++;
    return cloning.call(this);
  };
  window.VideoFrame = new Proxy(VideoFrame, { construct: (target, values) => (counts.made++, new target(...values)) });
  const ending = VideoDecoder.prototype.close;
  VideoDecoder.prototype.close = function () {
    counts.ended++;
    return ending.call(this);
  };
  window.VideoDecoder = new Proxy(VideoDecoder, {
    construct: (target, [{ output, error }]) => (counts.decoders++, new target({ output: (frame) => (counts.made++, output(frame)), error })),
  });
}

/** In a page: what `analyzeVideo` gives of a file. */
async function read([name, text, options]) {
  const file = new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name);
  const found = { frames: [], info: null, end: null, error: null };
  try {
    const video = window.moue.analyzeVideo(file, { find: "fast", ...options, onInfo: (info) => (found.info = info) });
    for (;;) {
      const { done, value } = await video.next();
      if (done) {
        found.end = value;
        break;
      }
      const { frame, pts, timestamp, width, height, faces } = value;
      found.frames.push({ frame, pts, timestamp, size: [width, height], faces: faces.map(({ track, label }) => ({ track, label })) });
    }
  } catch ({ code, message }) {
    found.error = { code, message };
  }
  return found;
}

describe("a video file", () => {
  let browser, server, seen;
  const ask = (path, options = {}, name = path.split("/").at(-1)) => seen.page.evaluate(read, [name, readFileSync(path).toString("base64"), options]);

  const h264 = () => seen.page.evaluate(async () => (await VideoDecoder.isConfigSupported({ codec: "avc1.42001f" })).supported);

  before(async () => {
    server = await serve();
    browser = await launch();
    seen = await watched(await browser.newContext());
    await seen.page.addInitScript(counting);
    await seen.page.goto(`${server.origin}/tests/plain.html`);
    await seen.page.waitForFunction(() => window.Moue);
    // Times and sizes are the same on any device.
    await seen.page.evaluate(async () => (window.moue = await window.Moue.load({ device: "cpu" })));
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("loads the demuxer with the first video, from beside the package", async () => {
    const asked = () => server.paths.filter((path) => path.includes("mediabunny"));
    assert.deepEqual(asked(), []);
    const { error } = await seen.page.evaluate(read, ["text.webm", btoa("no video"), {}]);
    assert.equal(error.code, "bad-video");
    assert.deepEqual(asked(), ["/dist/mediabunny/mediabunny.js"]);
    for (const name of ["LICENSE", "NOTICE"]) assert.match(readFileSync(join(web, "dist/mediabunny", name), "utf8"), /Mozilla Public License|github\.com\/Vanilagy\/mediabunny/);
    for (const name of ["LICENSE.txt", "NOTICE.txt"]) assert.match(readFileSync(join(built, "mediabunny", name), "utf8"), /Mozilla Public License|github\.com\/Vanilagy\/mediabunny/);
  });

  it("gives the frames, times and sizes that were put in", { skip }, async () => {
    if (!(await h264())) console.log("H.264: SKIPPED, for this browser does not decode it.");
    for (const [name, { path, times, size, codec = "VP9" }] of Object.entries(good())) {
      if (codec === "H.264" && !(await h264())) continue;
      const { frames, info, end, error } = await ask(path);
      assert.equal(error, null, `${name}: ${error?.message}`);
      assert.deepEqual(frames.map(({ frame }) => frame), times.map((_, at) => at), name);
      for (const [at, { pts, timestamp }] of frames.entries()) {
        assert.ok(Math.abs(pts - times[at]) < 0.0011, `${name}: frame ${at} at ${pts} s instead of ${times[at]}`);
        assert.ok(Math.abs(timestamp - (times[at] - times[0])) < 0.0011, `${name}: frame ${at}, ${timestamp} s after the first`);
      }
      assert.deepEqual([info.width, info.height, info.codec, info.frames], [...size, codec, times.length], name);
      assert.ok(frames.every((frame) => frame.size.join() === size.join()), `${name}: ${frames[0].size}`);
      assert.deepEqual(end, { frames: times.length, packets: times.length, missing: 0 }, name);
    }
  });

  it("is read in part where that is asked for, its frames keeping their numbers", { skip }, async () => {
    const { path } = good()["constant.webm"];
    const numbers = async (options) => (await ask(path, options)).frames.map(({ frame }) => frame);
    assert.deepEqual(await numbers({ every: 3 }), [0, 3, 6]);
    assert.deepEqual(await numbers({ from: 0.35, to: 0.6 }), [4, 5]);
    assert.deepEqual((await ask(path, { every: 0 })).error.code, "bad-argument");
    assert.deepEqual((await ask(path, { from: 2, to: 1 })).error.code, "bad-argument");
  });

  it("that is none, or that this browser does not decode, is told so with a remedy; one that is cut off is read as far as it goes", { skip }, async () => {
    const files = bad();
    const said = async (name, ...parts) => {
      const { frames, error } = await ask(files[name]);
      assert.deepEqual([frames.length, error?.code], [0, "bad-video"], name);
      for (const part of [`“${name}”`, ...parts]) assert.ok(error.message.includes(part), error.message);
    };
    await said("sound.webm", "has sound only", "choose a video");
    await said("empty.webm", "is empty");
    await said("text.webm", "no video that can be read here", "choose an MP4");
    await said("list.m3u8", "no video that can be read here");
    await said("half.mp4", "is damaged");
    const hevc = await seen.page.evaluate(async () => (await VideoDecoder.isConfigSupported({ codec: "hvc1.1.6.L93.B0" })).supported);
    if (!hevc) await said("hevc.mp4", "is HEVC, which this browser does not decode", "it decodes", "VP9");
    const { frames, end, error } = await ask(files["half.webm"], { every: 10 });
    assert.deepEqual([error, frames.map(({ frame }) => frame)], [null, [0, 10]]);
    assert.ok(end.frames >= 15 && end.frames < 30, `${end.frames} frames`);
    assert.ok(end.missing >= 1 && end.missing <= 2.5, `${end.missing} s`);
    if (!(await h264())) return;
    const after = await ask(files["half-after-index.mp4"], { every: 10 });
    assert.ok(after.end.frames < 40 && after.end.packets === 40, JSON.stringify(after.end));
  });

  it("without WebCodecs is refused with the browsers that have it", async () => {
    const error = await seen.page.evaluate(async () => {
      const { VideoDecoder } = window;
      delete window.VideoDecoder;
      try {
        await window.moue.analyzeVideo(new File(["some"], "a.webm")).next();
      } catch ({ code, message }) {
        return `${code}: ${message}`;
      } finally {
        window.VideoDecoder = VideoDecoder;
      }
    });
    assert.match(error, /^bad-video: “a\.webm” .* no WebCodecs: use a current Chrome/);
  });

  it("has its faces followed, each call by a name of its own, also where two are read by turns", { skip }, async () => {
    const path = face(6);
    const both = await Promise.all([ask(path), ask(path)]);
    for (const { frames, error } of both) {
      assert.equal(error, null);
      assert.deepEqual(frames.map(({ faces }) => faces), Array(6).fill([{ track: 0, label: "happy" }]));
    }
  });

  it("has plausible labels: the man who smiles is happy in most frames, and one throughout", async () => {
    const { frames, error } = await ask(join(web, "app/public/examples/head-pose-face-detection-male.webm"), { every: 5 });
    assert.deepEqual([error, frames.length], [null, 13]);
    const faces = frames.flatMap(({ faces }) => faces);
    assert.ok(faces.length >= 12, `${faces.length} faces in 13 frames`);
    assert.ok(faces.filter(({ label }) => label === "happy").length > faces.length / 2, faces.map(({ label }) => label).join(" "));
    assert.equal(new Set(faces.map(({ track }) => track)).size, 1);
  });

  it("that is left early, or stopped by its signal, leaves no frame and no decoder", { skip }, async () => {
    const text = readFileSync(face(24)).toString("base64");
    const left = (how) =>
      seen.page.evaluate(async ([text, how]) => {
        const file = new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], "face.webm");
        const stop = new AbortController();
        const before = { ...window.videoCounts };
        let frames = 0;
        for await (const _ of window.moue.analyzeVideo(file, { find: "fast", signal: stop.signal })) {
          if (++frames < 3) continue;
          if (how === "break") break;
          stop.abort();
        }
        await new Promise((resolve) => setTimeout(resolve, 300));
        const { made, closed, decoders, ended } = window.videoCounts;
        return { frames, made: made - before.made, open: made - before.made - (closed - before.closed), decoders: decoders - before.decoders, running: decoders - before.decoders - (ended - before.ended) };
      }, [text, how]);
    for (const how of ["break", "signal", "break"]) {
      const { frames, made, open, decoders, running } = await left(how);
      assert.equal(frames, 3, how);
      assert.ok(made >= 3 && made < 48, `${how}: ${made} frames made`);
      assert.deepEqual([open, decoders, running], [0, 1, 0], how);
    }
  });

  it("breaks no rule of the page's policy", () => {
    assert.deepEqual([seen.errors, seen.violations, server.reports], [[], [], []]);
  });
});

describe("the tab of videos", () => {
  let browser, server, context, seen, page;
  const said = (id) => page.locator(`[data-testid="${id}"]`).innerText();
  const finished = () => page.waitForFunction(() => /: (read|stopped)/.test(document.querySelector('[data-testid="video-note"]').textContent), null, { timeout: 60_000 });

  before(async () => {
    server = await serve();
    // Without WebGPU: the tab is the same, and a GPU in software takes three times as long.
    browser = await launch([]);
    context = await browser.newContext({ acceptDownloads: true });
    seen = await watched(context);
    ({ page } = seen);
    await page.goto(server.origin);
    await ready(page);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("is used by keyboard alone: an example is read, and the chart seeks the player", async () => {
    const focused = () => page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.tagName);
    const tabTo = async (wanted) => {
      for (let presses = 0; (await focused()) !== wanted; presses++) {
        assert.ok(presses < 30, `${wanted} is not reached: ${await focused()}`);
        await page.keyboard.press("Tab");
      }
    };
    await tabTo("tab-photos");
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(), "tab-videos");
    await tabTo("video-every");
    await page.selectOption('[data-testid="video-every"]', "25");
    await tabTo("example-head-pose-face-detection-male");
    await page.keyboard.press("Enter");
    await finished();
    assert.match(await said("video-note"), /^head-pose-face-detection-male\.webm: read, 3 frames\.$/);
    assert.match(await said("video-progress-text"), /^3 of 3 frames/);
    await tabTo("video-timeline");
    const shows = (frame) => page.waitForFunction((frame) => document.querySelector('[data-testid="video-shown"]').textContent.startsWith(`Frame ${frame},`), frame, { timeout: 10_000 });
    for (const [key, frame] of [["Home", 0], ["ArrowRight", 25], ["ArrowRight", 50], ["ArrowLeft", 25], ["End", 50], ["PageDown", 25], ["PageUp", 50], ["Home", 0]]) {
      await page.keyboard.press(key);
      await shows(frame);
    }
    assert.match(await page.locator('[data-testid="video-timeline"]').getAttribute("aria-valuetext"), /^0\.00 seconds, frame 0: \w+ \d+ %(, \w+ <?\d+ %){4}$/);
    assert.equal(await page.locator('[data-testid="video-faces"] [data-testid="face-label"]').count(), 1);
    const bars = page.locator('[data-testid="video-overall"] .name');
    assert.equal(await bars.count(), 5);
    assert.equal(await bars.first().innerText(), await page.evaluate(() => window.moueAnswers[0].analysis.faces[0].label));
  });

  it("exports a line a frame and the summary, as the program does", async () => {
    const save = async (id) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[data-testid="${id}"]`)]);
      return readFileSync(await download.path(), "utf8");
    };
    const lines = (await save("video-export-json")).trim().split("\n").map((line) => JSON.parse(line));
    const [frames, last] = [lines.slice(0, -1), lines.at(-1)];
    assert.ok(frames.every(({ schema, input, error }) => schema === "moue.frame/1" && input === "head-pose-face-detection-male.webm" && error === null));
    assert.deepEqual(frames.map(({ frame }) => frame), [0, 25, 50]);
    // WebM counts milliseconds.
    assert.deepEqual(frames.map(({ pts }) => pts), frames.map(({ timestamp }) => Math.round(timestamp * 1000)));
    const labels = await page.evaluate(() => window.moue.model.labels);
    const faces = frames.reduce((sum, { faces }) => sum + faces.length, 0);
    assert.deepEqual([last.schema, last.frames, last.faces, Object.keys(last.shares), last.top.length, last.error], ["moue.video/1", 3, faces, labels, 5, null]);
    assert.ok(Math.abs(Object.values(last.shares).reduce((sum, share) => sum + share) - 1) < 1e-9);
    const [head, first] = (await save("video-export-csv")).split("\n");
    assert.equal(head, ["input", "frame", "pts", "timestamp", "track", "width", "height", "face", "x", "y", "w", "h", "score", "label", ...labels, "error"].join());
    assert.deepEqual([first.split(",").length, ...first.split(",").slice(1, 7)], [head.split(",").length, "0", "0", "0", "0", "480", "270"]);
  });

  it("fits its window, wide, in the dark and on a phone, where a touch of the chart seeks too", async () => {
    await screen(page, "videos-light");
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await screen(page, "videos-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 360, height: 740 });
    assert.ok((await overflow(page)) <= 0, `${await overflow(page)} pixels too wide`);
    const chart = page.locator('[data-testid="video-timeline"]');
    await chart.scrollIntoViewIfNeeded();
    const { width } = await chart.boundingBox();
    await chart.click({ position: { x: width / 2, y: 40 } });
    await page.waitForFunction(() => /^Frame 25,/.test(document.querySelector('[data-testid="video-shown"]').textContent), null, { timeout: 10_000 });
    await screen(page, "videos-phone");
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it("reads a video that is dropped on the photographs, stops with its button, and says what of a file is missing", { skip }, async () => {
    await page.selectOption('[data-testid="video-every"]', "1");
    await page.click('[data-testid="tab-photos"]');
    await drop(page, [["face.webm", "video/webm", readFileSync(face(24))]]);
    await page.locator('[data-testid="video-stop"]:visible').waitFor();
    assert.equal(await page.locator('[data-testid="tab-videos"]').getAttribute("aria-selected"), "true");
    await page.waitForFunction(() => /^\d+ of 24 frames, .* a second, .+ left$/.test(document.querySelector('[data-testid="video-progress-text"]').textContent), null, { timeout: 30_000 });
    await page.click('[data-testid="video-stop"]');
    await finished();
    assert.match(await said("video-note"), /^face\.webm: stopped after \d+ frames\.$/);

    await page.selectOption('[data-testid="video-every"]', "25");
    const { "half.webm": half, "text.webm": text } = bad();
    await page.setInputFiles('[data-testid="video-input"]', half);
    await page.getByText("half.webm: read, 1 frame. The file was cut off: its last 2 s are not there.").waitFor();
    await page.setInputFiles('[data-testid="video-input"]', text);
    await page.locator('[data-testid="video-error"]:visible').waitFor();
    assert.equal(await page.locator('[data-testid="video-error"]').getAttribute("data-code"), "bad-video");
    assert.equal(await page.locator("#video-view").isVisible(), false);
    await screen(page, "videos-error");
  });

  it("asks nobody else, and breaks no rule of the policy", () => {
    const elsewhere = seen.requests.filter((url) => !url.startsWith(`${server.origin}/`) && !url.startsWith(`blob:${server.origin}/`));
    assert.deepEqual([elsewhere, seen.errors, seen.violations, server.reports], [[], [], [], []]);
  });
});
