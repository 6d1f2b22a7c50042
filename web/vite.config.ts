import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";
import { notice } from "./scripts/mediabunny.mjs";
import { reports } from "./scripts/reports.mjs";

/** The same policy as the meta element of app/index.html. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const mediabunny = new URL("./node_modules/mediabunny/", import.meta.url);

/** Licences and notices of what is others': the networks that find faces, and the demuxer. */
const notices: Plugin = {
  name: "notices",
  generateBundle() {
    for (const name of ["LICENSE-APACHE", "NOTICE"]) {
      this.emitFile({ type: "asset", fileName: `face/${name}.txt`, source: readFileSync(new URL(`../models/face/${name}`, import.meta.url)) });
    }
    this.emitFile({ type: "asset", fileName: "mediabunny/LICENSE.txt", source: readFileSync(new URL("LICENSE", mediabunny)) });
    this.emitFile({ type: "asset", fileName: "mediabunny/NOTICE.txt", source: notice(readFileSync(new URL("package.json", mediabunny), "utf8")) });
  },
};

export default defineConfig({
  plugins: [notices, reports],
  // The package has it beside its own files.
  resolve: { alias: [{ find: /^\.\/mediabunny\/mediabunny\.js$/, replacement: "mediabunny" }] },
  root: "app",
  base: "./",
  build: {
    outDir: "../dist-app",
    emptyOutDir: true,
    target: "esnext",
    // A data: URL would be a request that connect-src refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  server: { host: "127.0.0.1", fs: { allow: [".."] } },
  preview: { host: "127.0.0.1", headers: { "Content-Security-Policy": policy } },
});
