/** The video in a player, with boxes drawn over the frame that it shows. */

import type { Analysis } from "../../src/index.js";
import { h } from "./dom.js";
import { drawOverlay } from "./overlay.js";

/** What a frame's time may be off by in the player, in seconds: containers round. */
const rounding = 0.001;
/** How often a frame is looked for again: where the rate varies, players show the one before. */
const mostTries = 3;

interface Aim {
  /** The frame's, in seconds since the first one. */
  timestamp: number;
  /** Seconds after that at which the player is set: the middle of the frame. */
  ahead: number;
  tries: number;
}

export class Preview {
  readonly #stage: HTMLElement;
  readonly #overlay = h("canvas", { role: "img", "aria-label": "Boxes around the faces" });
  /** Told of the frame that is shown, in seconds since the first one. */
  readonly #onShown: (timestamp: number) => void;
  readonly #onPlay: () => void;
  #video: HTMLVideoElement | null = null;
  #analysis: Analysis | null = null;
  /** The player's time of the first frame, once it is shown. */
  #first: number | null = null;
  #wanted: Aim | null = null;
  /** What the player was set to last. */
  #aim: Aim | null = null;
  #failed = false;

  constructor(stage: HTMLElement, onShown: (timestamp: number) => void, onPlay: () => void) {
    this.#stage = stage;
    this.#onShown = onShown;
    this.#onPlay = onPlay;
    new ResizeObserver(() => this.#draw()).observe(stage);
  }

  open(file: Blob): void {
    this.close();
    const video = h("video", { src: URL.createObjectURL(file), muted: true, playsinline: true, controls: true, preload: "auto", "aria-label": "The video" });
    video.muted = true;
    this.#video = video;
    this.#stage.replaceChildren(video, this.#overlay);
    const mine = (work: () => void) => () => {
      if (this.#video === video) work();
    };
    video.addEventListener("play", mine(() => {
      this.#aim = null;
      this.#onPlay();
    }));
    video.addEventListener("seeked", mine(() => this.#next()));
    video.addEventListener("error", mine(() => this.#fail()));
    if ("requestVideoFrameCallback" in video) {
      const shown = (_: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
        if (this.#video !== video) return;
        this.#shown(mediaTime);
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    } else {
      for (const event of ["loadeddata", "timeupdate", "seeked"]) (video as HTMLVideoElement).addEventListener(event, mine(() => this.#shown(this.#video?.currentTime ?? 0)));
    }
  }

  /** The size that it is shown in, known before the player knows it. */
  size(width: number, height: number): void {
    this.#stage.style.aspectRatio = `${width} / ${height}`;
  }

  /** Whether the player stands still and could show another frame now. */
  get idle(): boolean {
    return this.#failed || (this.#video !== null && this.#video.paused && !this.#video.seeking && this.#first !== null);
  }

  /** `ahead`: seconds to the middle of the frame. */
  seek(timestamp: number, ahead: number): void {
    this.#wanted = { timestamp, ahead, tries: 0 };
    this.#video?.pause();
    this.#next();
  }

  /** What is drawn over the frame. */
  mark(analysis: Analysis | null): void {
    this.#analysis = analysis;
    this.#draw();
  }

  close(): void {
    const video = this.#video;
    this.#video = null;
    if (video !== null) {
      URL.revokeObjectURL(video.src);
      video.removeAttribute("src");
      video.load();
    }
    this.#stage.replaceChildren();
    this.#analysis = this.#first = this.#wanted = this.#aim = null;
    this.#failed = false;
  }

  /** The newest wish, once the one before it is fulfilled. */
  #next(): void {
    const [video, wanted] = [this.#video, this.#wanted];
    if (wanted === null || video === null) return;
    if (this.#failed) {
      this.#wanted = null;
      this.#onShown(wanted.timestamp);
    } else if (this.#first !== null && !video.seeking) {
      this.#wanted = null;
      this.#aim = wanted;
      video.currentTime = this.#first + wanted.timestamp + wanted.ahead;
    }
  }

  #shown(time: number): void {
    const began = this.#first === null;
    this.#first ??= time;
    const timestamp = Math.max(0, time - this.#first);
    this.#onShown(timestamp);
    const aim = this.#aim;
    const early = aim === null ? 0 : aim.timestamp - timestamp;
    if (aim !== null && early > rounding && aim.tries < mostTries && this.#wanted === null && this.#video?.paused === true && !this.#video.seeking) {
      this.#wanted = { ...aim, ahead: aim.ahead + early / 2, tries: aim.tries + 1 };
    }
    if (began || this.#wanted !== null) this.#next();
  }

  /** A file that WebCodecs decodes and the player does not: boxes on a blank ground. */
  #fail(): void {
    this.#failed = true;
    this.#stage.replaceChildren(h("p", { class: "stage-note" }, "The browser's player does not show this file. The boxes stand where the faces are."), this.#overlay);
    this.#next();
  }

  #draw(): void {
    if (this.#overlay.isConnected) drawOverlay(this.#overlay, this.#analysis, false, null);
  }
}
