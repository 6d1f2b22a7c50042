/** The tab list: arrow keys, Home and End; the address keeps the tab in its fragment. */

export type TabListener = (panel: string) => void;

/** What comes back selects a panel's tab. */
export function tabs(list: HTMLElement, onChange: TabListener): (panel: string) => void {
  const buttons = [...list.querySelectorAll<HTMLButtonElement>("[role=tab]")];
  const panelOf = (button: HTMLButtonElement): string => button.getAttribute("aria-controls") ?? "";

  const select = (button: HTMLButtonElement): void => {
    for (const other of buttons) {
      const on = other === button;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(panelOf(other));
      if (panel !== null) panel.hidden = !on;
    }
    onChange(panelOf(button));
  };
  const choose = (button: HTMLButtonElement): void => {
    history.replaceState(null, "", `#${panelOf(button)}`);
    select(button);
  };

  for (const [at, button] of buttons.entries()) {
    button.addEventListener("click", () => choose(button));
    button.addEventListener("keydown", (event) => {
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
      const next = to === undefined ? undefined : buttons[to % buttons.length];
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
      choose(next);
    });
  }
  const fromAddress = (): void => {
    const named = buttons.find((button) => `#${panelOf(button)}` === location.hash);
    const first = named ?? buttons[0];
    if (first !== undefined) select(first);
  };
  window.addEventListener("hashchange", fromAddress);
  fromAddress();

  return (panel) => {
    const button = buttons.find((other) => panelOf(other) === panel);
    if (button === undefined || button.getAttribute("aria-selected") === "true") return;
    choose(button);
    // The focus was in what is hidden now, or on another tab.
    button.focus();
  };
}
