/** Records the webcam, with an oval to keep the face in, as a file that is read like any other video. */

import { byId } from "./dom.js";

/** Milliseconds of a recording at most: it is kept in memory. */
const longest = 60_000;
const types = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];

export class Recorder {
  readonly #button = byId("webcam-record", HTMLButtonElement);
  readonly #guide = byId("webcam-guide", HTMLElement);
  readonly #onRecorded: (file: File) => void;
  #stream: MediaStream | null = null;
  #running: MediaRecorder | null = null;

  constructor(onRecorded: (file: File) => void) {
    this.#onRecorded = onRecorded;
    this.#button.addEventListener("click", () => {
      if (this.#running === null) this.#start();
      else this.#running.stop();
    });
  }

  /** The camera that runs now. Without one nothing is recorded, and what was being is dropped. */
  set stream(stream: MediaStream | null) {
    this.#stream = stream;
    const running = this.#running;
    this.#running = null;
    if (running?.state === "recording") running.stop();
    this.#button.hidden = stream === null || typeof MediaRecorder === "undefined";
    this.#show();
  }

  #start(): void {
    const stream = this.#stream;
    const type = types.find((type) => MediaRecorder.isTypeSupported(type));
    if (stream === null || type === undefined) return;
    const running = new MediaRecorder(stream, { mimeType: type });
    const parts: Blob[] = [];
    running.addEventListener("dataavailable", ({ data }) => parts.push(data));
    running.addEventListener("stop", () => {
      if (this.#running !== running) return;
      this.#running = null;
      this.#show();
      const [kind = "video/webm"] = type.split(";");
      this.#onRecorded(new File(parts, `recording.${kind.split("/")[1] ?? "webm"}`, { type: kind }));
    });
    running.start();
    setTimeout(() => {
      if (running.state === "recording") running.stop();
    }, longest);
    this.#running = running;
    this.#show();
  }

  #show(): void {
    const on = this.#running !== null;
    this.#guide.hidden = !on;
    this.#button.textContent = on ? "Stop recording and read it" : "Record yourself";
  }
}
