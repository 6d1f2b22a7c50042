/** Where pictures are read. Without a GPU, on a page that a service serves, who uses it is asked; else in this browser. */

import type { Moue } from "../../src/index.js";
import { byId } from "../ui/dom.js";
import { Choice, type State } from "./choice.js";
import { read, type Now, type Reader } from "./reader.js";
import { Service } from "./service.js";

export interface PlacesOptions {
  /** Loads the engine; it tells of failures itself. */
  load: () => Promise<Moue>;
  /** Told when a question waits for an answer. */
  onQuestion: () => void;
  /** Told that pictures are read by the service from now on. */
  onService: (service: Service) => void;
  /** Told that they are read in this browser again. */
  onBrowser: () => void;
}

export class Places {
  /** The engine in this browser, which is loaded for the first who waits for it. */
  readonly engine: Now<Moue> = now(() => this.#decided.then(() => this.#open()), () => this.#waits());
  /** Who reads photographs and the webcam. */
  readonly reader: Now<Reader> = now(() => this.#decided.then((): Promise<Reader> => (this.#service === null ? this.#open() : Promise.resolve(this.#service))), () => this.#waits());

  readonly #options: PlacesOptions;
  readonly #decided: Promise<void>;
  #decide: () => void = () => undefined;
  #engine: Promise<Moue> | null = null;
  /** Where it was chosen. */
  #service: Service | null = null;
  #choice: Choice | null = null;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#decided = new Promise((resolve) => {
      this.#decide = resolve;
    });
  }

  /** The service that reads; null where this browser does, or nobody yet. */
  get service(): Service | null {
    return this.#service;
  }

  /** `ask`: whether a service may be offered. */
  async begin(ask: boolean): Promise<void> {
    if (ask && !(await hasGpu())) {
      await this.#offer("question");
      if (this.#choice !== null) return this.#options.onQuestion();
      return void this.#here();
    }
    const moue = await this.#here().catch(() => null);
    // Some browsers give a GPU to pages and none to workers.
    if (ask && moue !== null && moue.warning !== null) await this.#offer("browser");
  }

  async #offer(state: State): Promise<void> {
    const service = await Service.find();
    if (service === null) return;
    this.#choice = new Choice(byId("place", HTMLElement), service, { here: () => void this.#here(), there: () => this.#there(service) });
    this.#choice.show(state);
  }

  #here(): Promise<Moue> {
    this.#service = null;
    this.#choice?.show("browser");
    const moue = this.#open();
    // Who failed to load has told so.
    moue.then((moue) => this.#service === null && read(moue), () => undefined);
    this.#options.onBrowser();
    this.#decide();
    return moue;
  }

  #there(service: Service): void {
    this.#service = service;
    this.#choice?.show("service");
    read(service);
    this.#options.onService(service);
    this.#decide();
  }

  #open(): Promise<Moue> {
    return (this.#engine ??= this.#options.load());
  }

  #waits(): string {
    return this.#choice?.state === "question" ? "Waits until you choose where it is read." : "Waits for the model.";
  }
}

function now<T>(get: () => Promise<T>, waits: () => string): Now<T> {
  return {
    get waits() {
      return waits();
    },
    then: (done, failed) => get().then(done, failed),
  };
}

/** Whether the browser gives this page a GPU. */
async function hasGpu(): Promise<boolean> {
  if (!("gpu" in navigator)) return false;
  return (await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null)) !== null;
}
