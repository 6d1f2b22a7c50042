/**
 * moue and programs of npm read the expressions of a portrait in the same Chromium, a page each, in turns.
 *
 *     cargo xtask web --no-serve          web/dist and web/node_modules
 *     npm ci --prefix peers --ignore-scripts
 *     node peers/browser.mjs --turns 9 --json benches/peers/browser-MACHINE.json
 *
 * Milliseconds of loading code and models, from the decoded picture (a canvas) to the first answer, and the median of those that follow. A time counts where the one face
 * is found (its box and the face's square overlap by half) and the answer is "happy": she smiles. WebGL and WebGPU are SwiftShader's: a GPU in software.
 *
 * `--only NAME`, several times for several: programs with that in their names; `--beside TEXT`: what else ran on the machine.
 */

import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { availableParallelism, cpus } from "node:os";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { launch, webgpu } from "../web/tests/browser.mjs";
import { astronaut, dist } from "../web/tests/paths.mjs";
import { wrong } from "./agreement.mjs";

const here = import.meta.dirname;
const LONGEST_MS = 180_000;
const gpu = "moue, WebGPU";
const cpu = "moue, no GPU";

const PROGRAMS = {
  [cpu]: { kind: "moue", device: "cpu", find: "normal" },
  [`${cpu}, fast`]: { kind: "moue", device: "cpu", find: "fast" },
  "human, wasm": { kind: "human", backend: "wasm" },
  "face-api, tiny, wasm": { kind: "faceapi", backend: "wasm", finder: "tiny" },
  "face-api, ssd, wasm": { kind: "faceapi", backend: "wasm", finder: "ssd" },
  [gpu]: { kind: "moue", device: "gpu", find: "normal" },
  [`${gpu}, fast`]: { kind: "moue", device: "gpu", find: "fast" },
  "human, webgpu": { kind: "human", backend: "webgpu" },
  "human, webgl": { kind: "human", backend: "webgl" },
  "face-api, tiny, webgl": { kind: "faceapi", backend: "webgl", finder: "tiny" },
  "face-api, ssd, webgl": { kind: "faceapi", backend: "webgl", finder: "ssd" },
};
const SETTINGS = {
  [cpu]: "WebAssembly, one thread; faces from 24 pixels, 478 landmarks, six networks on an aligned face",
  human: "finder and emotion alone: without mesh, iris, description, body, hand and filter; its cache off, or the second answer were the first; its box is the square that it cuts out, 1.4 times its finder's, made as small again",
  "face-api": "TinyFaceDetector or SSD MobileNet with their defaults, and expressions, without landmarks",
  wasm: "by tfjs-backend-wasm with SIMD and threads, asked for one a core; pages are cross-origin isolated",
};

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm", ".png": "image/png" };

/** The page, moue's package, the modules and the picture, isolated so that WebAssembly may have threads. */
async function serve() {
  const page = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
  const located = (path) => {
    if (path === "/picture") return astronaut;
    if (path === "/page.js") return join(here, "browser_page.js");
    return path.startsWith("/moue/") ? join(dist, path.slice(6)) : join(here, "node_modules", path.replace("/modules/", ""));
  };
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    const bytes = path === "/" ? page : await readFile(located(path)).catch(() => null);
    response.writeHead(bytes === null ? 404 : 200, {
      "content-type": path === "/" ? types[".html"] : (types[extname(path)] ?? "application/octet-stream"),
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    response.end(bytes ?? "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function within(promise) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`no answer within ${LONGEST_MS / 1000} s`)), LONGEST_MS)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const median = (values) => [...values].sort((one, other) => one - other)[values.length >> 1];
/** As the programs say. */
const threads = (programs) => new Set(programs.flatMap(({ says }) => /wasm, (\d+) threads/.exec(says ?? "")?.[1] ?? []));
const rounded = (value) => Math.round(1000 * value) / 1000;

class Program {
  constructor(name, how) {
    Object.assign(this, { name, how, errors: [], ms: [] });
  }

  async open(browser, origin) {
    this.page = await (await browser.newContext()).newPage();
    this.page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
    await this.attempt(async () => {
      await this.page.goto(origin);
      await this.page.waitForFunction(() => window.read);
      const { ms, says } = await within(this.page.evaluate((how) => window.load(how), this.how));
      Object.assign(this, { loading: ms, says });
      const answer = await this.read();
      Object.assign(this, { first: answer.ms, faces: answer.faces, failed: wrong(answer.faces) });
    });
  }

  async read() {
    // A page behind others draws no frames, for which some wait.
    await this.page.bringToFront();
    return within(this.page.evaluate(() => window.read()));
  }

  async turn() {
    await this.attempt(async () => this.ms.push((await this.read()).ms));
  }

  /** What fails is kept in the words of the program. */
  async attempt(run) {
    try {
      await run();
    } catch (error) {
      const first = error.message.replace(/^page\.\w+: /, "").split("\n")[0];
      this.failed = [first, ...this.errors.slice(0, 1)].join("; ").slice(0, 300);
    }
  }

  /** Of a report's case: the given times. */
  entry(ms) {
    const said = { says: this.says, faces: this.faces };
    return this.failed ? { ...said, failed: this.failed } : { ...said, median_ms: rounded(median(ms)), ms: ms.map(rounded) };
  }
}

async function main() {
  const { values: options } = parseArgs({
    options: { turns: { type: "string", default: "9" }, json: { type: "string" }, only: { type: "string", multiple: true }, beside: { type: "string" } },
  });
  const [server, browser] = [await serve(), await launch([...webgpu, "--enable-unsafe-swiftshader"])];
  const asked = Object.entries(PROGRAMS).filter(([name]) => !options.only || options.only.some((part) => name.includes(part)));
  const programs = asked.map(([name, how]) => new Program(name, how));
  try {
    for (const program of programs) {
      await program.open(browser, server.origin);
      console.log(`${program.name.padEnd(24)} ${program.failed ?? `${program.first.toFixed(0)} ms first, ${program.says}`}`);
    }
    for (let turn = 0; turn < Number(options.turns); turn++) {
      const at = turn % programs.length;
      for (const program of [...programs.slice(at), ...programs.slice(0, at)]) if (!program.failed) await program.turn();
    }
    const version = browser.version();
    const report = {
      schema: "moue.tasks/1",
      date: new Date().toISOString().slice(0, 10),
      processor: `${cpus()[0].model}, ${availableParallelism()} threads`,
      adapter: `Chromium ${version}, its GPU is SwiftShader`,
      versions: Object.fromEntries(programs.filter(({ says }) => says).map(({ says }) => says.split(", ")[0].split(" "))),
      how: `node peers/browser.mjs --turns ${options.turns}`,
      beside: options.beside ?? null,
      base: cpu,
      bases: Object.fromEntries(programs.filter(({ how }) => how.device === "gpu" || /webg/.test(how.backend)).map(({ name }) => [name, gpu])),
      settings: { ...SETTINGS, wasm: `${SETTINGS.wasm}; threads that it takes: ${[...threads(programs)].join(", ") || "none"}` },
      cases: [
        ["loading", ({ loading }) => [loading]],
        ["first answer", ({ first }) => [first]],
        ["then", ({ ms }) => ms],
      ].map(([name, of]) => ({ name, programs: Object.fromEntries(programs.map((program) => [program.name, program.entry(of(program))])) })),
    };
    for (const { name, programs: entries } of report.cases) {
      for (const [program, entry] of Object.entries(entries)) console.log(name.padEnd(14), program.padEnd(24), entry.failed ?? `${entry.median_ms.toFixed(1)} ms`);
    }
    if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
  } finally {
    await browser.close();
    server.close();
  }
}

await main();
