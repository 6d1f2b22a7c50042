/** The question where pictures are read, and afterwards what was chosen and the way back. */

import { h } from "../ui/dom.js";
import type { Service } from "./service.js";

export type State = "question" | "browser" | "service";

interface Chosen {
  here: () => void;
  there: () => void;
}

const browserOnly = "Only where this browser reads.";

export class Choice {
  state: State = "question";
  readonly #box: HTMLElement;
  readonly #service: Service;
  readonly #here: HTMLButtonElement;
  readonly #there: HTMLButtonElement;
  readonly #token: HTMLElement;

  constructor(box: HTMLElement, service: Service, { here, there }: Chosen) {
    this.#box = box;
    this.#service = service;
    const button = (testid: string, text: string, chosen: () => void): HTMLButtonElement => {
      const made = h("button", { type: "button", "data-testid": testid }, text);
      made.addEventListener("click", chosen);
      return made;
    };
    this.#here = button("read-here", "Read in this browser", here);
    this.#there = button("read-there", `Read by the service at ${service.host}`, there);
    const input = h("input", { type: "password", "data-testid": "token", autocomplete: "off", spellcheck: "false" });
    input.addEventListener("input", () => {
      service.token = input.value.trim();
    });
    this.#token = h("label", { class: "field" }, "Its token ", input);
    this.#token.hidden = !service.wantsToken;
  }

  show(state: State): void {
    const focused = this.#box.contains(document.activeElement);
    this.state = state;
    this.#box.dataset["state"] = state;
    this.#box.hidden = false;
    this.#box.replaceChildren(...this.#content());
    // Who chose goes on from the way back.
    if (focused && state !== "question") (state === "service" ? this.#here : this.#there).focus();
    this.#mark(state === "service");
  }

  #content(): HTMLElement[] {
    const { host } = this.#service;
    const row = (button: HTMLButtonElement, ...words: (string | HTMLElement)[]): HTMLElement => h("div", { class: "row" }, button, ...words);
    switch (this.state) {
      case "question": {
        const secure = isSecureContext;
        this.#here.disabled = !secure;
        const slower = secure ? "Slower. Nothing leaves this machine." : "Browsers do so on pages from https: or localhost only, and this is none.";
        return [
          h("h2", {}, "Where shall photographs and the webcam be read?"),
          h("p", {}, "This browser gives no GPU. The service that this page came from can read instead of it."),
          row(this.#here, h("span", { class: "grow" }, slower)),
          row(this.#there, h("span", { class: "grow" }, "Pictures, and frames of the webcam, are sent to it."), this.#token),
        ];
      }
      case "service":
        return [
          h("p", { "data-testid": "place-words" }, h("b", {}, `Read by the service at ${host}.`), " Photographs and frames of the webcam are sent to it."),
          h("p", { class: "quiet" }, "Videos, folders, your own labels and the benchmark are read in this browser, and not sent."),
          row(this.#here, this.#token),
        ];
      case "browser":
        return [
          h("p", { "data-testid": "place-words" }, h("b", {}, "Read in this browser."), " Nothing is sent."),
          row(this.#there, h("span", { class: "grow" }, "Pictures, and frames of the webcam, are then sent to it."), this.#token),
        ];
    }
  }

  /** What the service does not answer cannot be asked for meanwhile. */
  #mark(served: boolean): void {
    document.body.dataset["reads"] = served ? "service" : "browser";
    const known = this.#service.actions === null ? "[data-browser], [data-units]" : "[data-browser]";
    for (const input of document.querySelectorAll<HTMLInputElement>(known)) {
      input.disabled = served;
      input.title = served ? browserOnly : "";
    }
  }
}
