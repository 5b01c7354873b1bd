// The pad of the third place: a drawing, or a picture from elsewhere that one may draw on.
//
// const paper = new Paper({changed: ({drawing}) => ...}); paper.element; paper.pad
// await paper.picture()   {blob, name}: a picture that nobody drew on as its own bytes, else a PNG
// paper.frame(view)       a thin line where the network looked; null: none

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { Pad, SIDE } from "../pad.js";
import { remembered } from "../remember.js";
import { toast } from "../toast.js";

export class Paper {
  constructor({ changed }) {
    this.source = null; // {blob, name}, where the pad shows it
    this.canvas = h("canvas", {
      class: "try-pad",
      "data-home": "",
      tabindex: 0,
      role: "application",
      "data-t-label": "try.pad",
      "aria-describedby": "try-pad-how",
    });
    this.pen = h("span", { class: "try-pen", "aria-hidden": "true", hidden: true });
    this.box = h("span", { class: "try-box", "aria-hidden": "true", hidden: true });
    this.hint = h("p", { class: "try-hint", "aria-hidden": "true", "data-t": "try.hint" });
    this.element = h(
      "div",
      { class: "try-paper" },
      this.canvas,
      this.hint,
      this.box,
      this.pen,
      h("p", { class: "try-drop", "aria-hidden": "true", "data-t": "try.drop" }),
      h("p", { id: "try-pad-how", class: "sr", "data-t": "try.pad_how" }),
    );
    this.pad = new Pad(this.canvas, { onChange: (event) => this.#changed(event, changed) });
    this.canvas.addEventListener("pen", (event) => this.#movePen(event.detail));
    this.canvas.addEventListener("focus", () => {
      this.pen.hidden = !this.canvas.matches(":focus-visible");
    });
    this.canvas.addEventListener("blur", () => {
      this.pen.hidden = true;
    });
  }

  /** The pen is the one of the first place. */
  takePen() {
    this.pad.width = Number(remembered("oxmark.pen")) || this.pad.width;
  }

  isEmpty() {
    return this.pad.isEmpty();
  }

  async picture() {
    if (this.source && !this.pad.strokes.length) return this.source;
    return { blob: await this.pad.toBlob(), name: "drawing.png" };
  }

  clear() {
    this.source = null;
    this.pad.clear();
  }

  undo() {
    const done = this.pad.undo();
    if (!this.pad.paper) this.source = null;
    return done;
  }

  /** Show a picture from elsewhere. */
  async take(blob, name) {
    try {
      const bitmap = await createImageBitmap(blob);
      this.pad.strokes = [];
      this.source = { blob, name };
      this.pad.setPaper(bitmap);
    } catch {
      toast(t("try.unreadable", { name }), { kind: "error" });
    }
  }

  frame(view) {
    const seen = view && Number.isFinite(view.box[0]) && view.box[2] > view.box[0];
    this.box.hidden = !seen;
    if (!seen) return;
    const scale = SIDE / Math.max(view.width, view.height);
    const [left, top] = [(SIDE - view.width * scale) / 2, (SIDE - view.height * scale) / 2];
    const [x0, y0, x1, y1] = view.box;
    const at = (value) => `${(100 * value) / SIDE}%`;
    Object.assign(this.box.style, {
      left: at(left + x0 * scale),
      top: at(top + y0 * scale),
      width: at((x1 - x0) * scale),
      height: at((y1 - y0) * scale),
    });
  }

  #changed(event, changed) {
    this.hint.hidden = !this.pad.isEmpty();
    changed(event);
  }

  #movePen({ x, y, down, side }) {
    this.pen.hidden = !this.canvas.matches(":focus-visible");
    this.pen.classList.toggle("down", down);
    Object.assign(this.pen.style, { left: `${(100 * x) / side}%`, top: `${(100 * y) / side}%` });
  }
}
