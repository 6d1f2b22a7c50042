/** The camera of the tab for teaching. */

import { listCameras, openCamera } from "../ui/camera.js";
import { byId } from "../ui/dom.js";
import { showFailure } from "../ui/failure.js";

export class Live {
  readonly video = byId("teach-video", HTMLVideoElement);
  readonly #button = byId("teach-camera", HTMLButtonElement);
  readonly #choice = byId("teach-which", HTMLSelectElement);
  readonly #onChange: (runs: boolean) => void;
  #running: AbortController | null = null;

  /** `onChange` is told whether it runs now. */
  constructor(onChange: (runs: boolean) => void) {
    this.#onChange = onChange;
    this.#button.addEventListener("click", () => (this.#running === null ? void this.#start() : this.stop()));
    this.#choice.addEventListener("change", () => {
      if (this.#running !== null) void this.#start();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.stop();
    });
  }

  /** Whether it may be started. */
  set allowed(allowed: boolean) {
    this.#button.disabled = !allowed;
    if (!allowed) this.stop();
  }

  /** Ends with the camera; null while there is none. */
  get signal(): AbortSignal | null {
    return this.#running?.signal ?? null;
  }

  stop(): void {
    if (this.#running === null) return;
    this.#running.abort();
    this.#running = null;
    for (const track of (this.video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.#shown(false);
  }

  async #start(): Promise<void> {
    this.stop();
    const box = byId("teach-error", HTMLElement);
    showFailure(box, null);
    const running = new AbortController();
    this.#running = running;
    try {
      const stream = await openCamera(this.#choice.value === "" ? null : this.#choice.value);
      if (running.signal.aborted) return stream.getTracks().forEach((track) => track.stop());
      this.video.srcObject = stream;
      const [track] = stream.getVideoTracks();
      track?.addEventListener("ended", () => {
        if (!running.signal.aborted) this.stop();
      });
      const settings = track?.getSettings();
      byId("teach-stage", HTMLElement).classList.toggle("mirrored", settings?.facingMode !== "environment");
      this.#shown(true);
      await this.video.play();
      await listCameras(this.#choice, byId("teach-which-field", HTMLElement), settings?.deviceId ?? "", running.signal);
    } catch (error) {
      if (running.signal.aborted) return;
      this.stop();
      showFailure(box, error);
    }
  }

  #shown(runs: boolean): void {
    this.#button.textContent = runs ? "Stop the webcam" : "Start the webcam";
    byId("teach-live", HTMLElement).hidden = !runs;
    this.#onChange(runs);
  }
}
