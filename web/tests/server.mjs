/** A server of static files that sends the page's own Content-Security-Policy as a header and hears of every violation, in the page and in its workers. */

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { dist, page, web } from "./paths.mjs";

const types = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webm": "video/webm",
};

/** The policy that the built page states of itself. */
export function policy() {
  const found = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(readFileSync(join(page, "index.html"), "utf8"));
  if (!found) throw new Error("the built page has no Content-Security-Policy");
  return found[1];
}

/**
 * The page at `/`, the package at `/dist/`, the pages of the tests at `/tests/`.
 * `change(path, bytes)`: what is sent instead of a file, or `undefined`. `reports`: the violations; `paths`: what was asked for.
 */
export async function serve({ change } = {}) {
  const reports = [];
  const paths = [];
  const header = `${policy()}; report-uri /reports`;
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (request.method === "POST" && path === "/reports") {
      const parts = [];
      for await (const part of request) parts.push(part);
      reports.push(JSON.parse(Buffer.concat(parts).toString())["csp-report"]);
      response.writeHead(204).end();
      return;
    }
    paths.push(path);
    const file = located(path);
    const bytes = await readFile(file).catch(() => null);
    if (!bytes) {
      response.writeHead(404, { "content-security-policy": header }).end();
      return;
    }
    const sent = change?.(path, bytes) ?? bytes;
    response.writeHead(200, {
      "cache-control": "max-age=3600",
      "content-length": Buffer.byteLength(sent),
      "content-security-policy": header,
      "content-type": types[extname(file)] ?? "application/octet-stream",
    });
    response.end(sent);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    reports,
    paths,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function located(path) {
  const clean = normalize(path === "/" ? "/index.html" : path);
  if (clean.startsWith("/dist/")) return join(dist, clean.slice("/dist".length));
  if (clean.startsWith("/tests/")) return join(web, "tests/pages", clean.slice("/tests".length));
  return join(page, clean);
}
