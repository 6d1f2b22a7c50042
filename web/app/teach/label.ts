/** A label: its name, its faces, and what adds more. */

import type { TeacherFace } from "../../src/index.js";
import { context, h } from "../ui/dom.js";
import { plural } from "../ui/format.js";

/** What a label's own buttons ask for. */
export interface Asks {
  rename: (label: LabelView, name: string) => void;
  add: (label: LabelView, files: File[]) => void;
  remove: (label: LabelView) => void;
  removeFace: (label: LabelView, face: number) => void;
  hold: (label: LabelView, held: boolean) => void;
}

export class LabelView {
  readonly element: HTMLElement;
  readonly #name: HTMLInputElement;
  readonly #hold: HTMLButtonElement;
  readonly #count = h("p", { class: "quiet", "data-testid": "teach-count" });
  readonly #faces = h("div", { class: "crops", "data-testid": "teach-faces" });
  /** As the teacher knows it. */
  name: string;
  #held = false;
  /** Whether it was removed. */
  gone = false;

  constructor(name: string, asks: Asks) {
    this.name = name;
    this.#name = h("input", { type: "text", class: "label-name", "aria-label": "Name of the label", "data-testid": "teach-label-name", maxlength: 60, autocomplete: "off" });
    this.#name.addEventListener("change", () => asks.rename(this, this.#name.value.trim()));
    this.#hold = h("button", { type: "button", class: "hold", "data-testid": "teach-hold", hidden: true }, "Hold to take faces");
    this.#holding((held) => {
      if (this.#held === held) return;
      this.#held = held;
      this.#hold.classList.toggle("held", held);
      asks.hold(this, held);
    });
    const files = h("input", { type: "file", accept: "image/*", multiple: true, class: "unseen", "data-testid": "teach-files" });
    files.addEventListener("change", () => {
      asks.add(this, [...(files.files ?? [])]);
      files.value = "";
    });
    const remove = h("button", { type: "button", "data-testid": "teach-remove" }, "Remove");
    remove.addEventListener("click", () => asks.remove(this));
    this.#faces.addEventListener("click", (event) => {
      const named = event.target instanceof Element ? event.target.closest("button")?.dataset["face"] : undefined;
      if (named !== undefined) asks.removeFace(this, Number(named));
    });
    this.element = h(
      "section",
      { class: "label drop", "data-testid": "teach-label" },
      h("div", { class: "label-head" }, this.#name, remove),
      h("div", { class: "label-buttons" }, this.#hold, h("label", {}, files, h("span", { class: "button" }, "Add pictures"))),
      this.#count,
      this.#faces,
    );
    this.called(name);
    this.#told();
  }

  /** Its name, or the one before where another was refused. */
  called(name: string): void {
    this.name = this.#name.value = name;
    this.element.setAttribute("aria-label", name);
    this.#hold.setAttribute("aria-label", `Hold to take faces of ${name}`);
  }

  /** Whether a camera runs. */
  set camera(runs: boolean) {
    this.#hold.hidden = !runs;
    // A button that is hidden loses what held it.
    if (!runs) this.#hold.dispatchEvent(new Event("blur"));
  }

  show({ face, crop }: TeacherFace, from: string): void {
    const canvas = h("canvas", { width: crop.width, height: crop.height });
    context(canvas).putImageData(crop, 0, 0);
    const words = `Remove this face, of ${from}`;
    this.#faces.append(h("button", { type: "button", class: "crop", "data-face": face, "data-testid": "teach-face", title: words, "aria-label": words }, canvas));
    this.#told();
  }

  hide(face: number): void {
    const button = this.#faces.querySelector(`[data-face="${face}"]`);
    // The focus goes to a neighbour.
    const beside = button?.nextElementSibling ?? button?.previousElementSibling;
    if (document.activeElement === button && beside instanceof HTMLElement) beside.focus();
    button?.remove();
    this.#told();
  }

  get faces(): number {
    return this.#faces.childElementCount;
  }

  #told(): void {
    this.#count.textContent = plural(this.faces, "face") + (this.faces < 5 ? ", 5 are needed" : "");
  }

  /** Held by the pointer, or by the space bar or Enter. */
  #holding(hold: (held: boolean) => void): void {
    const button = this.#hold;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      button.focus();
      button.setPointerCapture(event.pointerId);
      hold(true);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(end, () => hold(false));
    button.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      hold(true);
    });
    button.addEventListener("keyup", (event) => {
      if (event.key === " " || event.key === "Enter") hold(false);
    });
    // A long touch would open a menu.
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }
}
