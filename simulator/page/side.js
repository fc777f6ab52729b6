// The panel beside the phones: the wire, the mishaps and the demo, one of them at a time or none.

export class Side {
  constructor(element, openers, panels) {
    this.element = element;
    this.openers = openers;
    this.panels = panels;
    this.shown = "";
    for (const [name, opener] of Object.entries(openers)) {
      opener.addEventListener("click", () => this.show(this.shown === name ? "" : name));
    }
    element.querySelector(".close").addEventListener("click", () => this.show(""));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.show("");
    });
  }

  show(name) {
    const before = this.shown;
    if (name === before) return;
    this.shown = name;
    this.element.hidden = !name;
    document.body.classList.toggle("sided", Boolean(name));
    for (const [own, panel] of Object.entries(this.panels)) {
      panel.element.hidden = own !== name;
      this.openers[own]?.setAttribute("aria-expanded", String(own === name));
      if (own === before) panel.close?.();
    }
    if (name) {
      this.element.querySelector(".title").textContent = this.panels[name].title;
      this.panels[name].open?.();
    } else {
      this.openers[before]?.focus();
    }
  }
}
