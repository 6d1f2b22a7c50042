/** Firefox without WebGPU, asked by Marionette: WebDriver's commands, over Firefox's own socket. */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folder } from "./paths.mjs";

/** Where it is, if it is. */
export const firefox = process.env.MOUE_FIREFOX ?? ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync);

const preferences = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.webgpu.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  // A port that is free; Firefox writes it into its profile.
  "marionette.port": 0,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

/** A started one: `go(address)`, `run(function, ...arguments)` in the page, which may be async, `screen(name)`, `close()`. */
export async function launchFirefox() {
  const profile = mkdtempSync(join(tmpdir(), "moue-firefox-"));
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile, "user.js"), lines.join(""));
  const program = spawn(firefox, ["--headless", "--no-remote", "--profile", profile, "--marionette"], { stdio: "ignore" });
  const ended = new Promise((resolve) => program.once("exit", resolve));
  const close = async () => {
    program.kill();
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const ask = await marionette(join(profile, "MarionetteActivePort"), program);
    await ask("WebDriver:NewSession", {});
    await ask("WebDriver:SetTimeouts", { script: 120_000, pageLoad: 60_000 });
    return {
      close,
      go: (url) => ask("WebDriver:Navigate", { url }),
      run: async (work, ...args) => {
        // In a realm of its own, which sees the page's `window` through `wrappedJSObject`: evaluated in the page's, its policy would hold.
        const script = `const [args, done] = [[...arguments].slice(0, -1), arguments[arguments.length - 1]];
          Promise.resolve().then(() => (${work})(...args)).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
        const { value } = await ask("WebDriver:ExecuteAsyncScript", { script, args, sandbox: null, newSandbox: false });
        if (value.error) throw new Error(value.error);
        return value.value;
      },
      screen: async (name) => {
        const { value } = await ask("WebDriver:TakeScreenshot", { full: true });
        writeFileSync(join(folder("screens"), `${name}.png`), Buffer.from(value, "base64"));
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A function that sends a command and gives its answer. */
async function marionette(portFile, program) {
  const until = performance.now() + 60_000;
  while (!existsSync(portFile) || readFileSync(portFile, "utf8") === "") {
    if (program.exitCode !== null || performance.now() > until) throw new Error("Firefox did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const socket = connect(Number(readFileSync(portFile, "utf8")), "127.0.0.1");
  const waiting = new Map();
  let rest = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    // Every message has its length before it.
    for (let at = rest.indexOf(":"); at > 0; at = rest.indexOf(":")) {
      const end = at + 1 + Number(rest.subarray(0, at));
      if (rest.length < end) return;
      const message = JSON.parse(rest.subarray(at + 1, end));
      rest = rest.subarray(end);
      if (!Array.isArray(message)) continue;
      const [, id, error, value] = message;
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (error) reject(new Error(`${error.error}: ${error.message}`));
      else resolve(value);
    }
  });
  socket.on("close", () => waiting.forEach(({ reject }) => reject(new Error("Firefox ended"))));
  socket.on("error", () => {});
  let count = 0;
  return (name, parameters) =>
    new Promise((resolve, reject) => {
      const id = count++;
      waiting.set(id, { resolve, reject });
      const message = JSON.stringify([0, id, name, parameters]);
      socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
}
