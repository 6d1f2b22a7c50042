/** The reports of moue's repository, which lie beside the page. */

import reports from "virtual:reports";
import { byId, h } from "../ui/dom.js";

/** Told of a file's name, and what fetches its text. */
export type OnKept = (name: string, load: () => Promise<string>) => void;

export function showKept(onKept: OnKept): void {
  const list = byId("compare-kept", HTMLUListElement);
  for (const { file, adapter, driver, browser, date } of reports) {
    const words = h("span", {}, h("b", {}, adapter), h("small", {}, [browser ?? driver, date].filter((word) => word !== "").join(", ")), h("small", {}, file));
    const button = h("button", { type: "button", class: "example kept", "data-testid": "compare-kept", "data-file": file }, words);
    button.addEventListener("click", () => onKept(file, async () => fetched(`./reports/${file}`)));
    list.append(h("li", {}, button));
  }
}

async function fetched(url: string): Promise<string> {
  const response = await fetch(url).catch(() => null);
  if (response === null) throw new Error("it could not be fetched: whoever serves this page does not answer");
  if (!response.ok) throw new Error(`it could not be fetched: the server answers ${response.status}`);
  return response.text();
}
