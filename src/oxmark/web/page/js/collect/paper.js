// The paper: the pad, what stands on it while it is empty, and a ring that shows how thick the pen is.

import { h } from "../dom.js";
import { Pad, SIDE } from "../pad.js";

export class Paper {
  constructor({ onChange }) {
    this.canvas = h("canvas", {
      id: "pad",
      "data-home": "",
      tabindex: "0",
      role: "application",
      "data-t-label": "collect.pad",
      "aria-describedby": "pad-how",
    });
    this.ring = h("span", { class: "pen-ring", "aria-hidden": "true", hidden: true });
    this.words = h("p", { class: "paper-words", "aria-hidden": "true" });
    this.element = h(
      "div",
      { class: "paper" },
      this.canvas,
      this.words,
      this.ring,
      h("p", { id: "pad-how", class: "sr", "data-t": "collect.pad_how" }),
    );
    this.pad = new Pad(this.canvas, {
      onChange: (event) => {
        this.element.classList.toggle("inked", !this.pad.isEmpty());
        onChange(event);
      },
    });
    this.#followPen();
  }

  /** Where the paper is on the screen. */
  place() {
    return this.canvas.getBoundingClientRect();
  }

  say(text) {
    this.words.textContent = text;
  }

  #followPen() {
    const { canvas, ring } = this;
    const show = (x, y, scale) => {
      const side = Math.max(3, this.pad.width * scale);
      Object.assign(ring.style, { left: `${x}px`, top: `${y}px`, width: `${side}px`, height: `${side}px` });
      ring.hidden = false;
    };
    canvas.addEventListener("pointerdown", () => this.element.classList.add("inked"));
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const frame = canvas.getBoundingClientRect();
      show(event.clientX - frame.left, event.clientY - frame.top, frame.width / SIDE);
    });
    canvas.addEventListener("pointerleave", () => {
      ring.hidden = true;
    });
    canvas.addEventListener("blur", () => {
      ring.hidden = true;
    });
    canvas.addEventListener("pen", ({ detail }) => {
      if (!canvas.matches(":focus-visible")) return;
      const scale = canvas.clientWidth / SIDE;
      show(detail.x * scale, detail.y * scale, scale);
      ring.classList.toggle("down", detail.down);
    });
    canvas.addEventListener("penchange", () => {
      const side = Math.max(3, this.pad.width * (canvas.clientWidth / SIDE));
      Object.assign(ring.style, { width: `${side}px`, height: `${side}px` });
    });
  }
}
