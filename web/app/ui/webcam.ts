/** The tab of the webcam: starting, stopping, and what is shown of every reading. */

import type { Analysis } from "../../src/index.js";
import type { Entry } from "../export/entry.js";
import { current, type KnownModel, type Now, type Reader } from "../reading/reader.js";
import { adapterName } from "./adapter.js";
import { remember } from "./answers.js";
import { listCameras, openCamera } from "./camera.js";
import { byId } from "./dom.js";
import { exportButtons } from "./exports.js";
import { FaceViews } from "./face.js";
import { showFailure } from "./failure.js";
import { plural } from "./format.js";
import { Rate } from "./frames.js";
import { showLegend } from "./legend.js";
import { MomentView } from "./moment.js";
import { Moments, type LiveMoment } from "./moments.js";
import { inOrder } from "./order.js";
import { drawOverlay } from "./overlay.js";
import { Recorder } from "./recorder.js";
import { Ring } from "./ring.js";
import { runSession, type Reading } from "./session.js";
import { Timeline } from "./timeline.js";
import { SmoothTimes, Times } from "./times.js";
import type { Turn } from "./turn.js";

/** Frames that an export holds at most. */
const mostEntries = 20_000;
const note = "The camera runs while this tab is in view, and stops when you leave it. Frames that arrive while one is being read are dropped.";

export class Webcam {
  readonly #reader: Now<Reader>;
  readonly #start = byId("webcam-start", HTMLButtonElement);
  readonly #stop = byId("webcam-stop", HTMLButtonElement);
  readonly #camera = byId("camera", HTMLSelectElement);
  readonly #mirror = byId("webcam-mirror", HTMLInputElement);
  readonly #pictures = byId("webcam-pictures", HTMLInputElement);
  readonly #explain = byId("webcam-explain", HTMLInputElement);
  readonly #mesh = byId("webcam-mesh", HTMLInputElement);
  readonly #video = byId("video", HTMLVideoElement);
  readonly #overlay = byId("overlay", HTMLCanvasElement);
  readonly #moments = new Moments();
  readonly #entries = new Ring<Entry>(mostEntries);
  readonly #times = new Times();
  readonly #recorder: Recorder;
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #model: KnownModel | null = null;
  #faces: FaceViews | null = null;
  #moment: MomentView | null = null;
  #timeline: Timeline<LiveMoment> | null = null;
  #running: AbortController | null = null;
  #drawn = 0;

  /** `onRecorded` is given what was recorded of the camera. */
  constructor(reader: Now<Reader>, turn: Turn, onRecorded: (file: File) => void) {
    this.#reader = reader;
    this.#recorder = new Recorder(onRecorded);
    byId("live-times", HTMLElement).append(this.#times.element);
    this.#start.addEventListener("click", () => void this.#run());
    this.#stop.addEventListener("click", () => {
      this.stop();
      this.#start.focus();
    });
    this.#camera.addEventListener("change", () => {
      if (this.#running !== null) void this.#run();
    });
    this.#mirror.addEventListener("change", () => byId("stage", HTMLElement).classList.toggle("mirrored", this.#mirror.checked));
    byId("stage", HTMLElement).classList.add("mirrored");
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.stop("The webcam was stopped because the page went out of view.");
    });
    turn.onChange((taken) => {
      if (taken) this.stop();
      this.#start.disabled = taken;
      this.#say(taken ? "The benchmark is running; the webcam waits until it ends." : note);
    });
    exportButtons("webcam", () => this.#entries.all(), () => current()?.model ?? null);
  }

  /** Stops the camera, and says why. */
  stop(why: string = note): void {
    if (this.#running === null) return;
    this.#running.abort();
    this.#running = null;
    this.#recorder.stream = null;
    for (const track of (this.#video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
    this.#video.srcObject = null;
    drawOverlay(this.#overlay, null, false, null);
    this.#buttons(false);
    byId("live", HTMLElement).hidden = true;
    this.#faces?.show([]);
    this.#timeline?.draw();
    this.#say(why);
  }

  async #run(): Promise<void> {
    this.stop();
    const box = byId("webcam-error", HTMLElement);
    showFailure(box, null);
    const running = new AbortController();
    this.#running = running;
    this.#buttons(true);
    try {
      this.#say(this.#reader.waits);
      const reader = await this.#reader;
      if (running.signal.aborted) return;
      this.#say("Asks for the camera.");
      const stream = await openCamera(this.#camera.value === "" ? null : this.#camera.value);
      if (running.signal.aborted) return stream.getTracks().forEach((track) => track.stop());
      await this.#show(reader, stream, running.signal);
      // Whoever stopped it has said why.
      if (running.signal.aborted) return;
      this.#say(note);
      const started = performance.now();
      await runSession({
        reader,
        video: this.#video,
        signal: running.signal,
        options: (time) => ({ find: "fast", stream: { name: `webcam ${started}`, time }, pictures: this.#pictures.checked, explain: this.#explain.checked, actions: byId("webcam-units", HTMLInputElement).checked, ...(this.#mesh.checked ? { landmarks: 478 } : {}) }),
        snapshot: (at) => this.#moments.snapshot(this.#video, at),
        onReading: this.#onReading(reader, started, running.signal),
      });
    } catch (error) {
      if (running.signal.aborted) return;
      this.stop();
      this.#say("");
      showFailure(box, error);
    }
  }

  async #show(reader: Reader, stream: MediaStream, signal: AbortSignal): Promise<void> {
    this.#prepare(reader);
    this.#video.srcObject = stream;
    const track = stream.getVideoTracks()[0];
    track?.addEventListener("ended", () => {
      if (!signal.aborted) this.stop("The webcam was disconnected.");
    });
    const settings = track?.getSettings();
    this.#mirror.checked = settings?.facingMode !== "environment";
    byId("stage", HTMLElement).classList.toggle("mirrored", this.#mirror.checked);
    byId("live", HTMLElement).hidden = false;
    await this.#video.play();
    if (!signal.aborted) this.#recorder.stream = stream;
    await listCameras(this.#camera, byId("camera-field", HTMLElement), settings?.deviceId ?? "", signal);
  }

  /** What needs the model's labels. */
  #prepare({ model, adapter }: Reader): void {
    this.#timeline ??= new Timeline(byId("timeline", HTMLCanvasElement), this.#moments, (moment) => this.#moment?.show(moment));
    this.#timeline.select(null);
    if (this.#model !== model) {
      this.#model = model;
      this.#moment = new MomentView(byId("moment", HTMLElement), model);
      this.#moments.labels = model.labels;
      this.#faces = new FaceViews(model, byId("live-faces", HTMLElement), true);
      showLegend(byId("legend", HTMLElement), model.labels);
    }
    byId("live-adapter", HTMLElement).textContent = adapterName(adapter);
    this.#moments.clear();
    this.#entries.clear();
    byId("history", HTMLElement).hidden = false;
    this.#timeline.draw();
  }

  #onReading({ model, lines }: Reader, started: number, signal: AbortSignal): (reading: Reading) => void {
    const rate = new Rate();
    const smooth = new SmoothTimes();
    return ({ analysis, at, frame }) => {
      const { faces, ...rest } = analysis;
      const kept: Analysis = { ...rest, faces: faces.map(({ pictures: _, explanation: __, landmarks: ___, ...face }) => face) };
      this.#entries.push({ input: "webcam", analysis: kept, error: null, model, seconds: Math.round(at - started) / 1000 });
      remember({ name: "webcam", analysis: kept, error: null });
      const shown = inOrder(analysis, this.#mirror.checked);
      drawOverlay(this.#overlay, shown, this.#mirror.checked, this.#mesh.checked ? lines : null);
      this.#faces?.show(shown.faces, this.#mirror.checked);
      this.#times.show(smooth.next(analysis.times));
      byId("fps", HTMLElement).textContent = rate.next(performance.now()).toFixed(1);
      void frame?.then(
        (blob) => {
          // The moments may be the next run's by now.
          if (signal.aborted) return;
          this.#moments.add({ at, analysis: kept, frame: blob });
          this.#scroll();
        },
        // The timeline goes without this moment.
        () => undefined,
      );
    };
  }

  /** The timeline moves with each moment, or once a second where motion is to be reduced. */
  #scroll(): void {
    const now = performance.now();
    if (now - this.#drawn < (this.#calm.matches ? 1000 : 90)) return;
    this.#drawn = now;
    this.#timeline?.draw();
    byId("session-count", HTMLElement).textContent =
      plural(this.#entries.length, "frame") + (this.#entries.length === mostEntries ? ", the last ones" : " since the start");
  }

  #buttons(running: boolean): void {
    const focused = document.activeElement;
    // What is in the live view goes with it.
    const lost = focused === (running ? this.#start : this.#stop) || (!running && byId("live", HTMLElement).contains(focused));
    this.#start.hidden = running;
    this.#stop.hidden = !running;
    if (lost) (running ? this.#stop : this.#start).focus();
  }

  #say(text: string): void {
    byId("webcam-note", HTMLElement).textContent = text;
  }
}
