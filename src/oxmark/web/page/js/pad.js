// White paper to draw on, with mouse, pen, finger or the arrow keys.
//
// const pad = new Pad(canvas, {onChange: ({drawing}) => ...});
//   onChange is called while a stroke grows (at most once a frame, drawing: true) and when it is done, taken
//   back or cleared (drawing: false).
// pad.width (2..60, of the paper's 560), pad.grey (0 black .. 255 white): for the next strokes
// pad.undo() takes the last stroke back, true if there was one; pad.clear(); pad.isEmpty()
// await pad.toBlob()   PNG, 560 x 560, opaque white paper, whatever size the canvas is shown at
// pad.setPaper(source) a picture (image, bitmap, video, canvas) under the ink, fitted; null: white again
// pad.keep() and pad.restore(kept): the drawing, to show it again later
// pad.enabled = false: nothing can be drawn

import { followKeys } from "./padkeys.js";
import { drawStroke } from "./stroke.js";

/** The side of the paper, in its own units and in pixels of the picture that toBlob makes. */
export const SIDE = 560;
const NEAREST = 1.5;

export class Pad {
  constructor(canvas, { onChange = () => {} } = {}) {
    this.canvas = canvas;
    this.onChange = onChange;
    this.width = 16;
    this.grey = 0;
    this.enabled = true;
    this.strokes = [];
    this.paper = null;
    this.stroke = null;
    this.pointer = null;
    this.frame = 0;
    this.context = canvas.getContext("2d", { alpha: false });
    this.done = document.createElement("canvas"); // everything but the stroke that is being drawn
    canvas.style.touchAction = "none";
    this.#listen();
    followKeys(this);
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
  }

  isEmpty() {
    return this.strokes.length === 0 && !this.paper;
  }

  clear() {
    this.#abandon();
    this.strokes = [];
    this.paper = null;
    this.#changed();
  }

  undo() {
    this.#abandon();
    if (this.strokes.length) this.strokes.pop();
    else if (this.paper) this.paper = null;
    else return false;
    this.#changed();
    return true;
  }

  setPaper(source) {
    this.paper = source;
    this.#changed();
  }

  keep() {
    return { strokes: [...this.strokes], paper: this.paper };
  }

  restore({ strokes, paper = null }) {
    this.#abandon();
    this.strokes = [...strokes];
    this.paper = paper;
    this.#changed();
  }

  toBlob() {
    const canvas = document.createElement("canvas");
    canvas.width = SIDE;
    canvas.height = SIDE;
    this.#render(canvas.getContext("2d", { alpha: false }));
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
    });
  }

  /** Begin a stroke at a place on the paper. */
  begin(x, y, pressure = null) {
    this.stroke = { width: this.width, grey: this.grey, points: [{ x, y, w: this.#thickness(pressure) }] };
    this.strokes.push(this.stroke);
    this.#grow();
  }

  /** Go on to a place on the paper. */
  extend(x, y, pressure = null) {
    const { points } = this.stroke;
    const last = points[points.length - 1];
    if (Math.hypot(x - last.x, y - last.y) < NEAREST) return;
    points.push({ x, y, w: (last.w + this.#thickness(pressure)) / 2 });
    this.#grow();
  }

  end() {
    if (!this.stroke) return;
    this.stroke = null;
    this.pointer = null;
    this.#changed();
  }

  #thickness(pressure) {
    return pressure === null ? 1 : 0.35 + 1.1 * pressure;
  }

  #abandon() {
    this.stroke = null;
    this.pointer = null;
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(type, (event) => {
        if (event.pointerId === this.pointer) this.end();
      });
    }
    canvas.addEventListener("contextmenu", (event) => {
      if (event.pointerType !== "mouse") event.preventDefault();
    });
    for (const type of ["touchstart", "touchmove"]) {
      canvas.addEventListener(type, (event) => event.preventDefault(), { passive: false });
    }
  }

  #down(event) {
    if (!this.enabled || this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    if (this.canvas.matches(":focus-visible")) this.canvas.blur(); // its ring is for the keyboard
    this.canvas.focus({ preventScroll: true, focusVisible: false });
    this.pointer = event.pointerId;
    try {
      this.canvas.setPointerCapture(event.pointerId);
    } catch {
      /* the pointer has left already */
    }
    this.begin(...this.#place(event));
  }

  #move(event) {
    if (event.pointerId !== this.pointer || !this.stroke) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) this.extend(...this.#place(one));
  }

  #place(event) {
    const frame = this.canvas.getBoundingClientRect();
    const pen = event.pointerType === "pen" && event.pressure > 0;
    return [
      ((event.clientX - frame.left) / frame.width) * SIDE,
      ((event.clientY - frame.top) / frame.height) * SIDE,
      pen ? event.pressure : null,
    ];
  }

  #resize() {
    const shown = this.canvas.clientWidth;
    if (!shown) return;
    const side = Math.round(shown * (window.devicePixelRatio || 1));
    if (this.canvas.width !== side) {
      for (const canvas of [this.canvas, this.done]) {
        canvas.width = side;
        canvas.height = side;
      }
    }
    this.#show();
  }

  /** Show the stroke that grows, once a frame. */
  #grow() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.stroke) return;
      this.context.setTransform(1, 0, 0, 1, 0, 0);
      this.context.drawImage(this.done, 0, 0);
      this.#scale(this.context);
      drawStroke(this.context, this.stroke);
      this.onChange({ drawing: true });
    });
  }

  #changed() {
    this.#show();
    this.onChange({ drawing: false });
  }

  #show() {
    const context = this.done.getContext("2d", { alpha: false });
    this.#scale(context);
    this.#render(context);
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.drawImage(this.done, 0, 0);
  }

  #scale(context) {
    const scale = this.canvas.width / SIDE;
    context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  #render(context) {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIDE, SIDE);
    if (this.paper) drawFitted(context, this.paper);
    for (const stroke of this.strokes) drawStroke(context, stroke);
  }
}

function drawFitted(context, source) {
  const width = source.videoWidth || source.naturalWidth || source.width;
  const height = source.videoHeight || source.naturalHeight || source.height;
  const scale = Math.min(SIDE / width, SIDE / height);
  context.imageSmoothingQuality = "high";
  context.drawImage(
    source,
    (SIDE - width * scale) / 2,
    (SIDE - height * scale) / 2,
    width * scale,
    height * scale,
  );
}
