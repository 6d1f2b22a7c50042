/** Tab lists: arrow keys, Home and End; the address keeps the page's own tab in its fragment. */

export type TabListener = (panel: string) => void;

/** The buttons of a list; `choose` is told of the one that is to be selected. */
function keyed(list: HTMLElement, choose: (button: HTMLButtonElement) => void): HTMLButtonElement[] {
  const buttons = [...list.querySelectorAll<HTMLButtonElement>("[role=tab]")];
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
  return buttons;
}

function mark(buttons: HTMLButtonElement[], button: HTMLButtonElement): void {
  for (const other of buttons) {
    other.setAttribute("aria-selected", String(other === button));
    other.tabIndex = other === button ? 0 : -1;
  }
}

/** Tabs over one panel, which is named after the one that is selected. What comes back selects one by its id. */
export function views(list: HTMLElement, panel: HTMLElement, onChange: (id: string) => void): (id: string) => void {
  const select = (button: HTMLButtonElement): void => {
    mark(buttons, button);
    panel.setAttribute("aria-labelledby", button.id);
    onChange(button.id);
  };
  const buttons = keyed(list, select);
  return (id) => {
    const button = buttons.find((other) => other.id === id);
    if (button !== undefined) select(button);
  };
}

/** What comes back selects a panel's tab. */
export function tabs(list: HTMLElement, onChange: TabListener): (panel: string) => void {
  const panelOf = (button: HTMLButtonElement): string => button.getAttribute("aria-controls") ?? "";
  const select = (button: HTMLButtonElement): void => {
    mark(buttons, button);
    for (const other of buttons) {
      const panel = document.getElementById(panelOf(other));
      if (panel !== null) panel.hidden = other !== button;
    }
    onChange(panelOf(button));
  };
  const choose = (button: HTMLButtonElement): void => {
    history.replaceState(null, "", `#${panelOf(button)}`);
    select(button);
  };
  const buttons = keyed(list, choose);
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
