// The curve of one training while it grows: validation strong, training thin.
//
// const curve = new Curve({title, kind: "share" | "loss", values: (entry) => ({validation, training})});
// curve.element; curve.show(history, epochs, {move: true}); curve.translate()
// The line grows towards a new epoch, and the scale of a loss goes along; both at once without motion. A unit
// is a pixel at any width, so that the words stay as large as they are.

import { mayMove } from "../dom.js";
import { number, t } from "../i18n.js";
import { percent } from "./format.js";
import { smoothPath } from "./path.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 220;
const LEFT = 46;
const TOP = 14;
const BOTTOM = HEIGHT - 38;
const BESIDE = 76; // for the lines' names
const LINES = ["training", "validation"];
const NEAREST = 16;
let count = 0;

export class Curve {
  constructor({ title, kind, values }) {
    this.title = title;
    this.kind = kind;
    this.values = values;
    this.history = [];
    this.epochs = 1;
    this.grown = 0;
    this.top = 1;
    this.frame = 0;
    this.width = 400;
    this.#build();
    new ResizeObserver(() => this.#resize()).observe(this.element);
  }

  #resize() {
    const width = Math.round(this.element.getBoundingClientRect().width);
    if (!width || width === this.width) return;
    this.width = width;
    this.element.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#draw();
  }

  get #right() {
    return this.width - BESIDE;
  }

  #build() {
    const id = `curve-${++count}`;
    this.element = make("svg", {
      class: "curve",
      viewBox: `0 0 ${this.width} ${HEIGHT}`,
      role: "img",
      "aria-labelledby": id,
    });
    this.caption = make("title", { id });
    this.grid = make("g", { class: "grid" });
    this.lines = Object.fromEntries(LINES.map((name) => [name, make("path", { class: `line ${name}` })]));
    this.ends = Object.fromEntries(
      LINES.map((name) => [
        name,
        make("circle", { class: `end ${name}`, r: name === "validation" ? 4 : 2.5 }),
      ]),
    );
    this.names = Object.fromEntries(LINES.map((name) => [name, make("text", { class: `name ${name}` })]));
    this.element.append(
      this.caption,
      this.grid,
      ...Object.values(this.lines),
      ...Object.values(this.ends),
      ...Object.values(this.names),
    );
  }

  show(history, epochs, { move = true } = {}) {
    if (history.length < this.history.length) this.grown = 0;
    this.history = history;
    this.epochs = Math.max(epochs || 1, history.at(-1)?.epoch ?? 1);
    this.#describe();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (move && mayMove() && this.element.isConnected) this.#grow();
    else {
      this.grown = history.length;
      this.top = this.#highest();
      this.#draw();
    }
  }

  translate() {
    this.#describe();
    this.#draw();
  }

  #grow() {
    const wanted = this.history.length;
    const top = this.#highest();
    const step = () => {
      this.grown += (wanted - this.grown) * 0.16;
      this.top += (top - this.top) * 0.16;
      if (wanted - this.grown < 0.01 && Math.abs(top - this.top) < 0.002 * top) {
        this.grown = wanted;
        this.top = top;
        this.frame = 0;
      } else this.frame = requestAnimationFrame(step);
      this.#draw();
    };
    if (!this.grown) this.top = top;
    step();
  }

  /** The upper end of the scale: 1 for shares, above the losses that are not far beyond all others. */
  #highest() {
    if (this.kind === "share") return 1;
    const all = this.history
      .flatMap((entry) => Object.values(this.values(entry)))
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    if (!all.length) return 1;
    const usual = 3 * all[Math.floor(0.9 * (all.length - 1))];
    return niceAbove(Math.min(all.at(-1), usual) || 1);
  }

  #x(epoch) {
    const room = Math.max(this.epochs - 1, 1);
    return LEFT + ((epoch - 1) / room) * (this.#right - LEFT);
  }

  #y(value) {
    return BOTTOM - Math.min(1.02, value / this.top) * (BOTTOM - TOP);
  }

  /** Where a line has got to: whole epochs and a part of the way to the next. */
  #points(name) {
    const points = this.history
      .map((entry) => ({ epoch: entry.epoch, value: this.values(entry)[name] }))
      .filter(({ value }) => Number.isFinite(value));
    const whole = Math.floor(this.grown);
    const shown = points.slice(0, Math.max(whole, 1));
    const next = points[shown.length];
    const part = this.grown - whole;
    if (next && shown.length && part > 0) {
      const last = shown.at(-1);
      shown.push({
        epoch: last.epoch + (next.epoch - last.epoch) * part,
        value: last.value + (next.value - last.value) * part,
      });
    }
    return shown.map(({ epoch, value }) => ({ x: this.#x(epoch), y: this.#y(value) }));
  }

  #draw() {
    this.#drawGrid();
    const wanted = [];
    for (const name of LINES) {
      const points = this.grown > 0 ? this.#points(name) : [];
      const last = points.at(-1);
      this.lines[name].setAttribute("d", smoothPath(points));
      for (const part of [this.ends[name], this.names[name]]) part.classList.toggle("none", !last);
      if (!last) continue;
      place(this.ends[name], { cx: last.x, cy: last.y });
      this.names[name].textContent = t(`teach.curve.${name}`);
      wanted.push({ name, x: last.x, y: last.y });
    }
    for (const { name, x, y } of apart(wanted)) place(this.names[name], { x: x + 10, y: y + 4 });
  }

  #drawGrid() {
    const ticks =
      this.kind === "share"
        ? [0, 0.25, 0.5, 0.75, 1]
        : [0, 0.25, 0.5, 0.75, 1].map((part) => part * this.top);
    const write = (value) =>
      this.kind === "share" ? percent(value) : number(value, { maximumSignificantDigits: 2 });
    this.grid.replaceChildren(
      ...ticks.flatMap((value) => [
        make("line", { x1: LEFT, x2: this.#right, y1: this.#y(value), y2: this.#y(value) }),
        make("text", { x: LEFT - 8, y: this.#y(value) + 4, "text-anchor": "end" }, write(value)),
      ]),
      ...epochTicks(this.epochs, (this.#right - LEFT) / 56).map((epoch) =>
        make("text", { x: this.#x(epoch), y: BOTTOM + 19, "text-anchor": "middle" }, number(epoch)),
      ),
      make(
        "text",
        { class: "axis", x: this.#right, y: BOTTOM + 36, "text-anchor": "end" },
        t("teach.curve.epoch"),
      ),
    );
  }

  #describe() {
    const last = this.history.at(-1);
    const write = (value) =>
      Number.isFinite(value)
        ? this.kind === "share"
          ? percent(value)
          : number(value, { maximumSignificantDigits: 3 })
        : "–";
    const values = last ? this.values(last) : {};
    this.caption.textContent = last
      ? t("teach.curve.described", {
          title: t(this.title),
          epoch: last.epoch,
          validation: write(values.validation),
          training: write(values.training),
        })
      : t("teach.curve.nothing", { title: t(this.title) });
  }
}

/** Names that would stand on each other move apart. */
function apart(names) {
  const [one, other] = [...names].sort((a, b) => a.y - b.y);
  if (!other) return names;
  const lack = NEAREST - (other.y - one.y);
  if (lack <= 0) return [one, other];
  const up = Math.min(lack / 2, one.y - TOP + 4);
  return [
    { ...one, y: one.y - up },
    { ...other, y: one.y - up + NEAREST },
  ];
}

function epochTicks(epochs, most) {
  if (epochs <= 1) return [1];
  const step = niceAbove(epochs / Math.min(7, Math.max(2, most)), true);
  const ticks = [1];
  for (let epoch = step; epoch <= epochs; epoch += step) if (epoch > 1) ticks.push(epoch);
  if (epochs - ticks.at(-1) < 0.6 * step) ticks.pop();
  return [...ticks, epochs];
}

/** The next of 1, 2, 5, 10, 20 ... at or above. */
function niceAbove(value, whole = false) {
  const power = 10 ** Math.floor(Math.log10(value));
  const found = [1, 2, 5, 10].find((step) => step * power >= value * (1 - 1e-9)) * power;
  return whole ? Math.max(1, Math.round(found)) : found;
}

function make(tag, attributes = {}, text = null) {
  const element = document.createElementNS(SVG, tag);
  place(element, attributes);
  if (text !== null) element.textContent = text;
  return element;
}

function place(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, typeof value === "number" ? Math.round(100 * value) / 100 : value);
  }
}
