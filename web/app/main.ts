/** Loads the package and puts the tabs to work. */

import { Moue } from "../src/index.js";
import { Compare } from "./compare/compare.js";
import { Folder } from "./folder/folder.js";
import { Places } from "./reading/places.js";
import type { Reader } from "./reading/reader.js";
import type { Service } from "./reading/service.js";
import { Teach } from "./teach/teach.js";
import { adapterName } from "./ui/adapter.js";
import { Bench } from "./ui/bench.js";
import { byId } from "./ui/dom.js";
import { showFailure } from "./ui/failure.js";
import { files, isVideo } from "./ui/files.js";
import { showNotice } from "./ui/gpu.js";
import { Loading } from "./ui/loading.js";
import { showModel, showService } from "./ui/model.js";
import { Photos } from "./ui/photos.js";
import { tabs } from "./ui/tabs.js";
import { Turn } from "./ui/turn.js";
import { Videos } from "./ui/videos.js";
import { Webcam } from "./ui/webcam.js";

const loading = new Loading();
const errorBox = byId("error", HTMLElement);
const turn = new Turn();
const promise = byId("promise", HTMLElement);
/** What it says where nothing is sent. */
const here = promise.textContent;
/** What the status line says while nothing is done. */
let ready = "";

/** `?model=FILE`: a model file of one's own, on this page's origin. */
const own = new URLSearchParams(location.search).get("model");
const places = new Places({ load, onQuestion, onService, onBrowser });
const { engine, reader } = places;
const webcam = new Webcam(reader, turn, (file) => readVideos([file]));
const teach = new Teach(engine, turn);
const showTab = tabs(byId("tabs", HTMLElement), (panel) => {
  if (panel !== "webcam") webcam.stop();
  if (panel !== "teach") teach.stop();
  if (panel === "bench") void engine.then(() => undefined, () => undefined);
  // There may be another model by now.
  if (panel === "about" && window.moue !== undefined) showModel(window.moue);
});
const photos = new Photos(reader, turn);
const videos = new Videos(engine, turn);
const folder = new Folder(engine, turn);
const compare = new Compare();
const readFolder = (found: File[]): void => folder.read(found);
const readPhotos = (found: File[]): void => {
  showTab("photos");
  photos.read(found);
};
const readVideos = (found: File[]): void => {
  showTab("videos");
  videos.read(found);
};
const chosen = {
  "file-input": readPhotos,
  "video-input": readVideos,
  "folder-input": readFolder,
  "folder-files": readFolder,
  "compare-input": (found: File[]) => compare.read(found),
  "teach-folder": (found: File[]) => teach.folder(found),
  "teach-open": (found: File[]) => teach.open(found),
  "teach-try": (found: File[]) => teach.tried(found),
};
files(chosen, (found, on) => {
  if (!byId("folder", HTMLElement).hidden) return readFolder(found);
  if (!byId("compare", HTMLElement).hidden) return compare.read(found);
  if (!byId("teach", HTMLElement).hidden) return teach.drop(found, on);
  const moving = found.filter(isVideo);
  const others = found.filter((file) => !isVideo(file));
  // What is neither is told so where it was dropped.
  const still = others.some(({ type }) => type.startsWith("image/")) || byId("videos", HTMLElement).hidden;
  if (others.length > 0 && still) readPhotos(others);
  if (moving.length > 0) readVideos(moving);
  else if (!still) readVideos(others);
});

void places.begin(own === null);

function load(): Promise<Moue> {
  const moue = Moue.load({ ...(own !== null && { model: { url: new URL(own, location.href) } }), onProgress: (progress) => loading.progress(progress) });
  moue.then(opened, (error: unknown) => {
    loading.done("moue could not be loaded.");
    showFailure(errorBox, error);
  });
  return moue;
}

function onQuestion(): void {
  loading.done("Choose where photographs and the webcam are read.");
}

function onService(service: Service): void {
  webcam.stop();
  promise.textContent = `Reads facial expressions. Photographs and frames of the webcam are sent to the service at ${service.host}; videos stay on this machine.`;
  showReader(service, `Ready, by the service at ${service.host}. Model: ${service.model.name}.`);
  byId("notice", HTMLElement).hidden = true;
  showService(service);
}

function onBrowser(): void {
  webcam.stop();
  promise.textContent = here;
  // Else it is told once it is loaded.
  if (window.moue !== undefined) showEngine(window.moue);
}

function showReader({ adapter }: Reader, text: string): void {
  ready = text;
  loading.done(ready);
  const box = byId("adapter", HTMLElement);
  box.textContent = adapterName(adapter);
  box.hidden = false;
}

function showEngine(moue: Moue): void {
  showReader(moue, `Ready${moue.adapter.backend === "cpu" ? ", without a GPU" : ""}. Model: ${moue.model.name}${moue.model.cached ? ", out of the cache" : ""}.`);
  showNotice(byId("notice", HTMLElement), moue);
  showModel(moue);
}

function opened(moue: Moue): void {
  window.moue = moue;
  if (places.service === null) showEngine(moue);
  else loading.done(ready);
  new Bench(moue, turn, (report) => {
    showTab("compare");
    compare.add(report);
  });
  moue.onrecover = (error) => loading.say(`The GPU was lost and is open again. ${error.message}`);
  turn.onChange((taken) => loading.say(taken ? "The benchmark is running; everything else waits." : ready));

  const lose = byId("lose-device", HTMLButtonElement);
  if (moue.adapter.backend === "cpu") {
    byId("recovery", HTMLElement).textContent = "No GPU is used, and none can be lost.";
    return;
  }
  lose.disabled = false;
  turn.onChange((taken) => {
    lose.disabled = taken;
  });
  lose.addEventListener("click", () => {
    loading.say("The GPU device is being destroyed.");
    moue.destroyDevice().then(
      () => loading.say("The GPU device was destroyed; the next picture opens it again."),
      (error: unknown) => showFailure(errorBox, error),
    );
  });
}
