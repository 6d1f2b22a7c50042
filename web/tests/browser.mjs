/** Chromium on SwiftShader, and pages that are watched: their requests, their errors. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { folder } from "./paths.mjs";

const executablePath = process.env.MOUE_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

const flags = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];
export const webgpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/**
 * Without the checks of bounds, and of memory that is empty at first, which Chromium adds to every shader: a third less to compile and to run. For tests that
 * are not of shaders, as none may rely on either; same-bytes, first, frames, package and bench run those that users have.
 */
export const unchecked = [...webgpu, "--enable-dawn-features=disable_robustness,disable_workgroup_init"];

export async function launch(args = webgpu) {
  if (!executablePath) throw new Error("no Chromium: install it, or name it in MOUE_CHROMIUM");
  return chromium.launch({ executablePath, args: [...flags, ...args] });
}

/** A page of a context, with `requests`, `errors` (of the console, and what was thrown) and `violations` of its policy. */
export async function watched(context) {
  const page = await context.newPage();
  const seen = { page, requests: [], errors: [], violations: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("worker", (worker) => worker.on("console", (message) => message.type() === "error" && seen.errors.push(message.text())));
  await page.exposeFunction("tellViolation", (text) => seen.violations.push(text));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => window.tellViolation(`${event.effectiveDirective}: ${event.blockedURI}`));
  });
  return seen;
}

/** Waits until the page is ready, or says why it is not. */
export async function ready(page) {
  await page.waitForFunction(() => window.moue || !document.querySelector('[data-testid="error"]').hidden, null, { timeout: 60_000 });
  const error = await page.locator('[data-testid="error"]').textContent();
  if (error) throw new Error(`the page says: ${error}`);
}

/** Waits for so many answers in all; gives them without their pictures. */
export async function answers(page, count, timeout = 60_000) {
  await page.waitForFunction((count) => window.moueAnswers.length >= count, count, { timeout });
  return page.evaluate(() =>
    window.moueAnswers.map(({ name, analysis, error }) => ({
      name,
      error,
      faces: analysis?.faces.map(({ label, box, probabilities }) => ({ label, box, probabilities: [...probabilities] })),
      times: analysis?.times,
    })),
  );
}

/** Gives files to the page as a drop. `files`: `[name, type, bytes]`. */
export async function drop(page, files) {
  const carried = files.map(([name, type, bytes]) => [name, type, Buffer.from(bytes).toString("base64")]);
  await page.evaluate((carried) => {
    const data = new DataTransfer();
    for (const [name, type, text] of carried) {
      data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type }));
    }
    for (const kind of ["dragover", "drop"]) {
      document.querySelector('[data-testid="drop"]').dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
    }
  }, carried);
}

/** Keeps a picture of the page in target/web-tests/screens. */
export async function screen(page, name, options = { fullPage: true }) {
  // Two frames after what was changed, the bars have begun to move.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
  await page.screenshot({ path: join(folder("screens"), `${name}.png`), ...options });
}

/** How far a page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
