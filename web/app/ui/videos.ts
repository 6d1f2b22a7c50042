/** The tab of videos: every frame of a file, in order, beside a player that shows the frame that is chosen on the chart. */

import type { Analysis, FrameAnalysis, Moue, VideoEnd, VideoInfo, VideoOptions } from "../../src/index.js";
import type { Now } from "../reading/reader.js";
import type { Entry } from "../export/entry.js";
import { strongest, Summary } from "../export/summary.js";
import { remember } from "./answers.js";
import { Bars } from "./bars.js";
import { Chart } from "./chart.js";
import { Course, type FrameMoment } from "./course.js";
import { byId } from "./dom.js";
import { showExamples, videos } from "./examples.js";
import { exportButtons } from "./exports.js";
import { FaceViews } from "./face.js";
import { code, message, showFailure } from "./failure.js";
import { plural } from "./format.js";
import { inOrder } from "./order.js";
import { Preview } from "./preview.js";
import { Progress } from "./progress.js";
import type { Turn } from "./turn.js";

/** One video and what is known of it. */
interface Run {
  name: string;
  /** Whether action units are read. */
  units: boolean;
  stop: AbortController;
  course: Course;
  entries: Entry[];
  summary: Summary;
}

export class Videos {
  readonly #moue: Now<Moue>;
  readonly #turn: Turn;
  readonly #stop = byId("video-stop", HTMLButtonElement);
  readonly #chart = new Chart((moment) => this.#choose(moment));
  readonly #progress = new Progress();
  readonly #preview = new Preview(
    byId("video-stage", HTMLElement),
    (timestamp) => this.#shown(timestamp),
    () => this.#chart.clear(),
  );
  readonly #units = byId("video-units", HTMLInputElement);
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #faces: FaceViews | null = null;
  #bars: Bars | null = null;
  #run: Run | null = null;
  /** The frame that is chosen on the chart; without one the player follows the reading. */
  #chosen: FrameMoment | null = null;
  #followed = 0;
  #drawn = 0;

  constructor(moue: Now<Moue>, turn: Turn) {
    this.#moue = moue;
    this.#turn = turn;
    showExamples("video-examples", videos, (name, load) => void this.#read(name, load));
    this.#stop.addEventListener("click", () => this.#run?.stop.abort());
    exportButtons("video", () => this.#run?.entries ?? [], () => window.moue?.model ?? null, () => (this.#run === null ? "" : this.#run.summary.json(this.#run.units)));
  }

  /** Files may come before the model is there; the first of several is read. */
  read(files: File[]): void {
    const [file] = files;
    if (file !== undefined) void this.#read(file.name, async () => file, files.length);
  }

  async #read(name: string, load: () => Promise<Blob>, several = 1): Promise<void> {
    this.#run?.stop.abort();
    const stop = new AbortController();
    const box = byId("video-error", HTMLElement);
    showFailure(box, null);
    this.#say(`${name} waits for the model.${several > 1 ? " One video is read at a time: the first." : ""}`);
    try {
      const [file, moue] = await Promise.all([load(), this.#moue]);
      const run = this.#begin(name, stop, moue);
      const source = file instanceof File ? file : new File([file], name, { type: file.type });
      this.#preview.open(source);
      await this.#frames(moue, source, run);
    } catch (error) {
      remember({ name, analysis: null, error: { code: code(error), message: message(error) } });
      // Another video has its place.
      if (this.#run !== null && this.#run.stop !== stop) return;
      if (this.#run !== null) this.#run.summary.error = message(error);
      this.#say("");
      showFailure(box, error);
      this.#end();
      // Without a frame there is nothing to look at.
      if (this.#run === null || this.#run.entries.length === 0) byId("video-view", HTMLElement).hidden = true;
    }
  }

  /** Empties what is shown. */
  #begin(name: string, stop: AbortController, { model }: Moue): Run {
    const { labels } = model;
    if (this.#faces === null || this.#bars === null) {
      this.#faces = new FaceViews(model, byId("video-faces", HTMLElement));
      this.#bars = new Bars(labels);
      byId("video-bars", HTMLElement).append(this.#bars.element);
    }
    const course = new Course(labels);
    this.#run = { name, units: this.#units.checked, stop, course, entries: [], summary: new Summary(name, labels) };
    this.#chosen = null;
    this.#chart.begin(course, labels, this.#run.units);
    this.#faces.show([]);
    byId("video-view", HTMLElement).hidden = false;
    byId("video-overall", HTMLElement).hidden = true;
    this.#stop.hidden = false;
    return this.#run;
  }

  async #frames(moue: Moue, file: File, run: Run): Promise<void> {
    const { name, stop, course } = run;
    const find = byId("video-find", HTMLSelectElement).value as NonNullable<VideoOptions["find"]>;
    const every = Number(byId("video-every", HTMLSelectElement).value);
    let info: VideoInfo | null = null;
    await this.#turn.free();
    this.#say(`${name} is being read.`);
    this.#progress.begin();
    const onInfo = (found: VideoInfo): void => {
      info = found;
      if (this.#run !== run) return;
      course.duration = found.duration;
      this.#preview.size(found.width, found.height);
      this.#chart.axis();
      this.#progress.all = found.frames === null ? null : Math.ceil(found.frames / every);
    };
    const frames = moue.analyzeVideo(file, { find, every, actions: run.units, signal: stop.signal, onInfo });
    for (;;) {
      const { done, value } = await frames.next();
      if (this.#run !== run) return void frames.return({ frames: 0, packets: null, missing: 0 });
      if (done) {
        this.#finish(run, stop.signal.aborted ? "" : warningOf(value));
        return;
      }
      this.#add(run, value, info);
      await this.#turn.free();
    }
  }

  #add({ name, units, course, entries, summary }: Run, { frame, pts, timestamp, ...analysis }: FrameAnalysis, info: VideoInfo | null): void {
    course.add(frame, timestamp, analysis, units ? (window.moue?.actions ?? null) : null);
    entries.push({ input: name, analysis, error: null, seconds: null, frame: { frame, pts: Math.round(pts * (info?.ticks ?? 1)), timestamp } });
    summary.add(analysis);
    remember({ name, analysis, error: null });
    this.#progress.done(entries.length);
    const now = performance.now();
    if (this.#chosen === null && this.#preview.idle && now - this.#followed > (this.#calm.matches ? 2000 : 400)) {
      this.#followed = now;
      this.#seek(course);
    }
    this.#scroll(now, summary);
  }

  /** The chart grows four times a second, or once where motion is to be reduced; less often where drawing it takes long. */
  #scroll(now: number, summary: Summary): void {
    if (now < this.#drawn) return;
    this.#chart.draw();
    this.#overall(summary);
    this.#drawn = now + Math.max(this.#calm.matches ? 1000 : 250, 10 * (performance.now() - now));
  }

  #overall(summary: Summary): void {
    const means = summary.means();
    const best = strongest(means);
    this.#bars?.only(best);
    this.#bars?.show(means, best[0] ?? -1);
    byId("video-overall", HTMLElement).hidden = summary.faces === 0;
    byId("video-count", HTMLElement).textContent = `${plural(summary.frames, "frame")}, ${plural(summary.faces, "face")}, ${plural(summary.tracks, "track")}`;
  }

  #finish({ name, stop, summary, course }: Run, warning: string): void {
    this.#overall(summary);
    this.#say(`${name}: ${stop.signal.aborted ? "stopped after" : "read,"} ${plural(summary.frames, "frame")}. ${warning}`);
    if (warning !== "") summary.error = warning;
    if (this.#chosen === null) this.#seek(course);
    this.#end();
  }

  #end(): void {
    const focused = document.activeElement === this.#stop;
    this.#stop.hidden = true;
    this.#progress.end();
    this.#chart.axis();
    this.#chart.draw();
    if (focused) this.#chart.focus();
  }

  #choose(moment: FrameMoment | null): void {
    this.#chosen = moment;
    if (moment !== null && this.#run !== null) this.#seek(this.#run.course, moment);
  }

  /** Shows a frame, the last one where none is named. */
  #seek(course: Course, moment = course.all().at(-1)): void {
    if (moment !== undefined) this.#preview.seek(moment.at / 1000, course.middle(moment));
  }

  /** The player shows another frame. */
  #shown(timestamp: number): void {
    const moment = this.#run?.course.before(timestamp) ?? null;
    const analysis: Analysis | null = moment && inOrder(moment.analysis, false);
    this.#preview.mark(analysis);
    this.#faces?.show(analysis?.faces ?? []);
    byId("video-shown", HTMLElement).textContent = moment === null ? "Not read yet" : `Frame ${moment.frame}, ${(moment.at / 1000).toFixed(2)} s, ${plural(moment.analysis.faces.length, "face")}`;
  }

  #say(text: string): void {
    byId("video-note", HTMLElement).textContent = text.trim();
  }
}

/** What is to be said of a file of which not all was there. */
function warningOf({ frames, packets, missing }: VideoEnd): string {
  if (missing > 0) return `The file was cut off: its last ${Math.round(missing)} s are not there.`;
  if (packets === null || packets === frames) return "";
  return `The file has ${plural(packets, "packet")}, and ${plural(frames, "frame")} came out of them: it is damaged, or some are not to be shown.`;
}
