import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

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

/** Licence and notice of the networks that find faces, which are others': they go where the networks go. */
const notices: Plugin = {
  name: "notices",
  generateBundle() {
    for (const name of ["LICENSE-APACHE", "NOTICE"]) {
      this.emitFile({ type: "asset", fileName: `face/${name}.txt`, source: readFileSync(new URL(`../models/face/${name}`, import.meta.url)) });
    }
  },
};

export default defineConfig({
  plugins: [notices],
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
