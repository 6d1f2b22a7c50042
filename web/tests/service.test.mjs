/**
 * The page that a service serves, in a browser without WebGPU: it asks where pictures are read, sends none before that, and shows the service's own numbers, its
 * failures in plain words, and the way back. Nothing else tests the page on the service, or the service by a browser. Costs half a minute.
 */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { answers, drop, launch, overflow, ready, screen, watched } from "./browser.mjs";
import { camera, clip } from "./clip.mjs";
import { page as built, astronaut } from "./paths.mjs";
import { noProgram, program } from "./units.mjs";

/** Chromium has WebGPU without its flags too, and gives no adapter. */
const bare = [];
const { MOUE_TOKEN: _, ...environment } = process.env;

/** The service on the processor, as soon as it reads. */
async function service(variables = {}) {
  const child = spawn(program, ["serve", "--device", "cpu", "--port", "0", "--page", built], { env: { ...environment, ...variables }, stdio: ["ignore", "ignore", "pipe"] });
  let origin;
  for await (const line of createInterface({ input: child.stderr })) {
    [, origin] = /listens on (http:\S+)/.exec(line) ?? [];
    if (origin) break;
  }
  child.stderr.resume();
  assert.ok(origin, "the service ended");
  while (!(await fetch(`${origin}/health/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 50));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return {
    origin,
    host: new URL(origin).host,
    end: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** What the program says of a picture. */
function native(path, options) {
  const run = spawnSync(program, ["analyze", path, "--json", "--device", "cpu", ...options], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

/** What was sent to be read. */
const sent = ({ requests }) => requests.filter((url) => url.includes("/v1/analyze"));
/** Models and code, which only the engine needs. */
const fetched = ({ requests }) => requests.filter((url) => /\.(safetensors|wasm)$|worker-/.test(new URL(url).pathname));

/** A page that asks where pictures are read. */
async function opened(browser, origin, options = {}) {
  const seen = await watched(await browser.newContext({ viewport: { width: 1280, height: 900 }, permissions: ["camera"], acceptDownloads: true, ...options }));
  await seen.page.goto(origin);
  await seen.page.locator('[data-testid="place"][data-state="question"]').waitFor();
  return seen;
}

/** The last answer, whole. */
const last = (page) => page.evaluate(() => JSON.parse(JSON.stringify(window.moueAnswers.at(-1), (_, value) => (value instanceof Float32Array ? [...value] : value))));

describe("the page that a service serves, without WebGPU", { skip: noProgram() }, () => {
  let browser, own, seen, page;

  before(async () => {
    own = await service();
    browser = await launch([...bare, ...camera(clip())]);
    seen = await opened(browser, own.origin);
    ({ page } = seen);
  });
  after(async () => {
    await browser?.close();
    await own?.end();
  });

  it("asks where pictures are read, and sends and loads nothing before that", async () => {
    const question = page.locator('[data-testid="place"]');
    assert.match(await question.innerText(), /This browser gives no GPU\./);
    assert.match(await question.innerText(), /Pictures, and frames of the webcam, are sent to it\./);
    assert.equal(await page.locator('[data-testid="token"]').isVisible(), false);
    await page.click('[data-testid="example-astronaut"]');
    await page.locator('[data-testid="card"] .note', { hasText: "Waits until you choose" }).waitFor();
    await page.waitForTimeout(500);
    assert.deepEqual([sent(seen), fetched(seen)], [[], []]);
    assert.equal(await page.evaluate(() => window.moueAnswered), 0);
    for (const [name, width, scheme] of [["service-question", 1280, "light"], ["service-question-dark", 1280, "dark"], ["service-question-phone", 375, "light"]]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      assert.ok((await overflow(page)) <= 0, name);
      await screen(page, name);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it("reads by the service once that was chosen: the numbers of the program, without models and code of its own", async () => {
    await page.click('[data-testid="read-there"]');
    await answers(page, 1);
    const { faces: wanted, width, height } = native(astronaut, ["--landmarks", "478"]);
    const { analysis, error } = await last(page);
    assert.equal(error, null);
    assert.deepEqual([analysis.width, analysis.height, analysis.faces.length], [width, height, wanted.length]);
    for (const [at, { box, score, pose, eyes, mouth, landmarks, label, labelIndex, unsure, probabilities, members, track }] of analysis.faces.entries()) {
      const other = wanted[at];
      const single = (values) => values.map(Math.fround);
      assert.deepEqual([[box.x, box.y, box.width, box.height], score, pose, eyes, mouth, label, unsure, track], [other.box, other.score, other.pose, other.eyes, other.mouth, other.label, other.unsure, null]);
      assert.deepEqual(landmarks, other.landmarks);
      assert.equal(Object.keys(other.probabilities)[labelIndex], label);
      assert.deepEqual(probabilities, single(Object.values(other.probabilities)));
      assert.deepEqual(members, other.members.map((member) => single(Object.values(member.probabilities))));
    }
    assert.match(await page.textContent('[data-testid="place-words"]'), new RegExp(`^Read by the service at ${own.host}\\. Photographs and frames of the webcam are sent to it\\.$`));
    assert.match(await page.textContent('[data-testid="status"]'), /^Ready, by the service at /);
    assert.match(await page.textContent("#promise"), /are sent to the service/);
    assert.equal(await page.textContent('[data-testid="face-label"]'), wanted[0].label);
    assert.equal(await page.locator('[data-testid="photo-mesh"]').isDisabled(), true);
    assert.deepEqual([sent(seen).length, fetched(seen)], [1, []]);
    for (const [name, width, scheme] of [["service-read", 1280, "light"], ["service-read-dark", 1280, "dark"], ["service-read-phone", 375, "light"]]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      assert.ok((await overflow(page)) <= 0, name);
      await screen(page, name);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it("reads action units by it, and exports the program's record", async () => {
    await page.check('[data-testid="photo-units"]');
    await answers(page, 2);
    const [wanted] = native(astronaut, ["--actions"]).faces;
    const { analysis } = await last(page);
    assert.deepEqual(analysis.faces[0].actions, wanted.actions);
    assert.equal(await page.locator('[data-testid="unit"]').count(), 5);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click('[data-testid="export-json"]')]);
    const record = JSON.parse(readFileSync(await download.path(), "utf8"));
    assert.deepEqual(record.faces, [wanted]);
    await page.uncheck('[data-testid="photo-units"]');
    await answers(page, 3);
  });

  it("tells of a picture that cannot be read, and reads the others", async () => {
    await drop(page, [["broken.png", "image/png", readFileSync(astronaut).subarray(0, 9999)], ["astronaut.png", "image/png", readFileSync(astronaut)]]);
    const all = await answers(page, 5);
    assert.deepEqual(all.slice(3).map(({ name, error }) => [name, error?.code]), [["broken.png", "bad-picture"], ["astronaut.png", undefined]]);
    assert.match(await page.textContent('[data-testid="card-error"]'), /truncated|unexpected|end/i);
    assert.equal(await page.locator('[data-testid="again"]').count(), 0, "it would be as broken again");
  });

  it("reads the webcam by it", async () => {
    const before = await page.evaluate(() => window.moueAnswered);
    await page.click('[data-testid="tab-webcam"]');
    await page.click('[data-testid="webcam-start"]');
    await page.waitForFunction((before) => window.moueAnswered >= before + 3, before, { timeout: 30_000 });
    assert.match(await page.textContent("#live-adapter"), /the service at/);
    await screen(page, "service-webcam", {});
    await page.click('[data-testid="webcam-stop"]');
    assert.equal((await last(page)).analysis.faces.length, 1);
    assert.deepEqual(fetched(seen), []);
    await page.click('[data-testid="tab-photos"]');
  });

  it("waits for a busy service as long as it says, and tells what else it is refused", async () => {
    // What the service itself is seldom brought to say.
    let status = 429;
    const asked = [];
    await page.route("**/v1/analyze?*", (route) => {
      asked.push(Date.now());
      if (status === 429 && asked.length === 2) return route.continue();
      return route.fulfill({ status, headers: { "retry-after": "1", "content-type": "application/json" }, body: JSON.stringify({ error: "no room" }) });
    });
    const count = await page.evaluate(() => window.moueAnswered);
    await page.click('[data-testid="example-smiling"]');
    await page.waitForFunction((count) => window.moueAnswered > count, count);
    assert.equal((await last(page)).error, null);
    assert.ok(asked.length === 2 && asked[1] - asked[0] >= 950, asked.join(" "));
    for (const [code, told, words] of [[413, "too-large", /Choose a smaller picture/], [503, "unavailable", /in a few seconds/], [504, "late", /took too long/], [500, "refused", /choose to read in this browser/]]) {
      status = code;
      const count = await page.evaluate(() => window.moueAnswered);
      await page.click('[data-testid="example-smiling"]');
      await page.waitForFunction((count) => window.moueAnswered > count, count);
      const { error } = await last(page);
      assert.equal(error.code, told);
      assert.match(error.message, words);
      assert.match(error.message, /no room/);
    }
    await page.unroute("**/v1/analyze?*");
  });

  it("reads videos in this browser meanwhile, by models that are loaded only then", { timeout: 60_000 }, async () => {
    const [before, count] = [sent(seen).length, await page.evaluate(() => window.moueAnswered)];
    assert.deepEqual(fetched(seen), []);
    await page.click('[data-testid="tab-videos"]');
    await page.click('[data-testid="example-head-pose-face-detection-male"]');
    await page.waitForFunction((count) => window.moueAnswered >= count + 3, count);
    await page.click('[data-testid="video-stop"]');
    const { analysis, error } = await last(page);
    assert.equal(error, null);
    assert.ok(analysis.times.compute > 0 && analysis.faces[0].track !== null);
    assert.ok(fetched(seen).some((url) => url.endsWith(".wasm")));
    assert.equal(sent(seen).length, before);
    assert.match(await page.textContent('[data-testid="status"]'), /^Ready, by the service at /);
    await page.click('[data-testid="tab-photos"]');
  });

  it("reads in this browser where that is chosen again, and sends nothing more", async () => {
    const before = sent(seen).length;
    await page.click('[data-testid="read-here"]');
    await ready(page);
    assert.match(await page.textContent('[data-testid="place-words"]'), /^Read in this browser\. Nothing is sent\.$/);
    assert.match(await page.textContent("#promise"), /stay on this machine/);
    assert.match(await page.locator('[data-testid="notice"]').innerText(), /No GPU is used/);
    const count = await page.evaluate(() => window.moueAnswered);
    await page.click('[data-testid="example-astronaut"]');
    await page.waitForFunction((count) => window.moueAnswered > count, count);
    const { analysis, error } = await last(page);
    assert.deepEqual([error, analysis.faces[0].label], [null, "happy"]);
    assert.ok(analysis.times.compute > 0);
    assert.equal(sent(seen).length, before);
    assert.equal(await page.locator('[data-testid="photo-mesh"]').isDisabled(), false);
    await screen(page, "service-browser");
  });

  it("says plainly that the service is gone, and reads again once it is back", async () => {
    // Refused connections, as of a service that ended: another page, as this one still needs its files.
    const gone = await service();
    const { page } = await opened(browser, gone.origin);
    await page.click('[data-testid="read-there"]');
    await gone.end();
    await drop(page, [["astronaut.png", "image/png", readFileSync(astronaut)]]);
    await page.locator('[data-testid="card-error"]').waitFor();
    assert.equal(await page.textContent('[data-testid="card-error"]'), `The service at ${gone.host} does not answer. Start it again, or choose to read in this browser.`);
    await screen(page, "service-gone");
    // One that passes on to the other service stands in for it.
    const again = createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      const answer = await fetch(`${own.origin}${request.url}`, { method: request.method, body: Buffer.concat(parts) });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise((resolve) => again.listen(Number(new URL(gone.origin).port), "127.0.0.1", resolve));
    await page.click('[data-testid="again"]');
    await page.locator('[data-testid="face-label"]').waitFor();
    assert.equal(await page.locator('[data-testid="card-error"]').count(), 0);
    again.closeAllConnections();
    again.close();
  });

  it("is the one choice of a page from another machine without https, where browsers compute nothing", async () => {
    const far = await launch([...bare, "--host-resolver-rules=MAP moue.test 127.0.0.1"]);
    try {
      const { page } = await opened(far, own.origin.replace("127.0.0.1", "moue.test"));
      assert.equal(await page.evaluate(() => isSecureContext), false);
      assert.equal(await page.locator('[data-testid="read-here"]').isDisabled(), true);
      assert.match(await page.locator('[data-testid="place"]').innerText(), /https: or localhost only/);
      await page.click('[data-testid="read-there"]');
      await page.click('[data-testid="example-astronaut"]');
      const [{ faces, error }] = await answers(page, 1);
      assert.deepEqual([error, faces[0].label], [null, "happy"]);
    } finally {
      await far.close();
    }
  });

  it("breaks no rule of the page's policy, which the service sends", async () => {
    const header = (await fetch(own.origin)).headers.get("content-security-policy");
    assert.ok(readFileSync(`${built}/index.html`, "utf8").includes(`content="${header}"`), header);
    // Chromium itself writes of answers that are no success.
    const errors = seen.errors.filter((text) => !/Failed to load resource/.test(text));
    assert.deepEqual([seen.violations, errors], [[], []]);
  });

  it("asks for the token that a service wants, and keeps it nowhere", async () => {
    const closed = await service({ MOUE_TOKEN: "correct-horse" });
    const { page, requests } = await opened(browser, closed.origin);
    await screen(page, "service-token");
    const told = async (words) => {
      await page.locator('[data-testid="card-error"]', { hasText: words }).waitFor();
      return page.locator('[data-testid="card-error"]').getAttribute("data-code");
    };
    await page.click('[data-testid="read-there"]');
    await page.click('[data-testid="example-astronaut"]');
    assert.equal(await told("wants a token: enter it above"), "token");
    await page.fill('[data-testid="token"]', "battery");
    await page.click('[data-testid="again"]');
    assert.equal(await told("does not know this token"), "token");
    await screen(page, "service-token-wrong");
    await page.fill('[data-testid="token"]', "correct-horse");
    await page.click('[data-testid="again"]');
    await page.locator('[data-testid="face-label"]').waitFor();
    assert.equal(await page.getAttribute('[data-testid="token"]', "type"), "password");
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
    assert.ok(!kept.includes("horse") && !requests.some((url) => url.includes("horse")));
    await closed.end();
  });
});

describe("the page that a service serves, with WebGPU", { skip: noProgram() }, () => {
  it("reads in the browser, and neither asks nor offers anything", async () => {
    const own = await service();
    const browser = await launch();
    try {
      const seen = await watched(await browser.newContext());
      await seen.page.goto(own.origin);
      await ready(seen.page);
      assert.equal(await seen.page.locator('[data-testid="place"]').isVisible(), false);
      assert.deepEqual(seen.requests.filter((url) => url.includes("/v1/")), []);
    } finally {
      await browser.close();
      await own.end();
    }
  });
});
