/** The service that the page came from: pictures go to its `POST /v1/analyze`, one at a time. */

import { MoueError, type Analysis, type AnalyzeOptions, type Source } from "../../src/index.js";
import { context } from "../ui/dom.js";
import { ReadingError, type KnownModel, type KnownUnits, type Reader } from "./reader.js";
import { analysisOf, type PictureRecord } from "./record.js";

/** What a service says of itself; a host of static files has a file in its place that says there is none. */
interface About {
  service: "moue" | null;
  version: string;
  /** Whether it wants one. */
  token: boolean;
  model: KnownModel;
  actions: KnownUnits | null;
}

/** How long who served the page has to say whether it is a service, in milliseconds. */
const patience = 5000;
/** How often a picture is sent to a service that is busy, and the seconds that are waited before the next time at most. */
const tries = 4;
const longest = 20;
/** What is lost of a frame of the webcam is less than the networks see. */
const quality = 0.92;

export class Service implements Reader {
  readonly host = location.host;
  readonly version: string;
  readonly wantsToken: boolean;
  readonly model: KnownModel;
  readonly actions: KnownUnits | null;
  readonly lines = null;
  readonly adapter;
  /** What it wants to be shown; in memory only. */
  token = "";
  readonly #canvas = document.createElement("canvas");

  private constructor({ version, token, model, actions }: About) {
    this.version = version;
    this.wantsToken = token;
    this.model = model;
    this.actions = actions;
    this.adapter = { name: `the service at ${this.host}`, backend: "service", kind: "other", driver: "" };
  }

  /** That of this page's own address; null where there is none. */
  static async find(): Promise<Service | null> {
    try {
      const response = await fetch("./v1/service", { signal: AbortSignal.timeout(patience) });
      const about = (await response.json()) as About;
      return response.ok && about.service === "moue" ? new Service(about) : null;
    } catch {
      return null;
    }
  }

  /** What a record does not tell is left out: what the networks saw and looked at, and whose a face is. */
  async analyze(source: Source, options: AnalyzeOptions = {}): Promise<Analysis> {
    const start = performance.now();
    const response = await this.#send(await this.#bytes(source), queryOf(options));
    const answer = (await response.json().catch(() => null)) as (PictureRecord & { error: string | null }) | null;
    if (response.ok && answer !== null) return analysisOf(answer, this.model, performance.now() - start);
    throw this.#refused(response, answer?.error ?? `${response.status} ${response.statusText}`.trim());
  }

  async #send(body: Blob, query: URLSearchParams): Promise<Response> {
    const headers = this.token === "" ? {} : { authorization: `Bearer ${this.token}` };
    for (let left = tries; ; ) {
      const response = await fetch(`./v1/analyze?${query}`, { method: "POST", body, headers }).catch(() => {
        throw new ReadingError("unreachable", `The service at ${this.host} does not answer. Start it again, or choose to read in this browser.`);
      });
      left -= 1;
      if (response.status !== 429 || left === 0) return response;
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(longest, Number(response.headers.get("retry-after")) || 1)));
    }
  }

  async #bytes(source: Source): Promise<Blob> {
    if (source instanceof Blob) return source;
    if (!(source instanceof HTMLVideoElement)) throw new MoueError("bad-argument", "A file or a video can be sent to the service.");
    this.#canvas.width = source.videoWidth;
    this.#canvas.height = source.videoHeight;
    context(this.#canvas).drawImage(source, 0, 0);
    return new Promise((resolve, reject) => {
      const told = (blob: Blob | null): void => (blob === null ? reject(new MoueError("out-of-memory", "The browser could not make a picture of the frame: try again.")) : resolve(blob));
      this.#canvas.toBlob(told, "image/jpeg", quality);
    });
  }

  #refused({ status, headers }: Response, reason: string): Error {
    const said = `The service at ${this.host} says: ${reason}.`;
    switch (status) {
      case 401:
        return new ReadingError("token", this.token === "" ? "The service wants a token: enter it above, and read again." : "The service does not know this token: enter the right one above, and read again.");
      case 413:
        return new ReadingError("too-large", `${said} Choose a smaller picture, or read it in this browser.`);
      case 422:
        return new MoueError("bad-picture", reason);
      case 429:
        return new ReadingError("busy", `The service is busy with other pictures. Read again in ${headers.get("retry-after") ?? "a few"} seconds.`);
      case 503:
        return new ReadingError("unavailable", `The service cannot read at the moment. ${said} Read again in a few seconds.`);
      case 504:
        return new ReadingError("late", `The service took too long. ${said}`);
      default:
        return new ReadingError("refused", `${said} If it stays so, choose to read in this browser.`);
    }
  }
}

/** The parameters are the options of `moue analyze`. */
function queryOf({ faces, find, minFace, minScore, landmarks, blendshapes, actions, embed, oversample }: AnalyzeOptions): URLSearchParams {
  const wanted = { faces, find, "min-face": minFace, "min-score": minScore, landmarks, blendshapes, actions, embed, oversample };
  return new URLSearchParams(Object.entries(wanted).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}
