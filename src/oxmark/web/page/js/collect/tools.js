// The row under the paper: pen width, grey, undo, clear.

import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { remember, remembered } from "../remember.js";

const GREYS = [0, 70, 125, 170];
const THINNEST = 4;
const THICKEST = 48;

export class Tools {
  constructor(pad, { onUndo, onClear }) {
    this.pad = pad;
    pad.width = between(Number(remembered("oxmark.pen")) || 16, THINNEST, THICKEST);
    this.slider = h("input", {
      type: "range",
      min: THINNEST,
      max: THICKEST,
      step: 1,
      value: pad.width,
      "data-t-label": "collect.width",
      "data-t-title": "collect.width_title",
      oninput: () => this.setWidth(Number(this.slider.value)),
    });
    this.dot = h("span", { class: "pen-dot", "aria-hidden": "true" }, h("span", null));
    this.greys = GREYS.map((grey, index) =>
      h("input", {
        type: "radio",
        name: "pen-grey",
        value: grey,
        checked: index === 0,
        "aria-label": "",
        onchange: () => this.setGrey(index),
      }),
    );
    this.undo = h(
      "button",
      { type: "button", class: "plain", onclick: onUndo },
      icon("undo"),
      h("span", { "data-t": "collect.undo" }),
    );
    this.clear = h(
      "button",
      { type: "button", class: "plain", onclick: onClear, "data-t-title": "collect.clear_title" },
      icon("trash"),
      h("span", { "data-t": "collect.clear" }),
    );
    this.element = h(
      "div",
      { class: "tools", role: "group", "data-t-label": "collect.tools" },
      h("div", { class: "pen" }, this.dot, this.slider),
      h(
        "div",
        {
          class: "greys",
          role: "radiogroup",
          "data-t-label": "collect.grey",
          "data-t-title": "collect.grey_title",
        },
        this.greys.map((input) => h("label", { class: "grey" }, input, h("span", null))),
      ),
      h("div", { class: "acts" }, this.undo, this.clear),
    );
    this.greys.forEach((input, index) => {
      input.nextSibling.style.background = `rgb(${GREYS[index]} ${GREYS[index]} ${GREYS[index]})`;
    });
    this.setWidth(pad.width);
    this.setGrey(0);
    this.translate();
  }

  translate() {
    this.greys.forEach((input, index) => input.setAttribute("aria-label", t(`collect.grey_${index}`)));
  }

  setWidth(width) {
    this.pad.width = between(width, THINNEST, THICKEST);
    this.slider.value = this.pad.width;
    this.slider.setAttribute("aria-valuetext", t("collect.width_value", { width: this.pad.width }));
    this.#showPen();
    remember("oxmark.pen", String(this.pad.width));
  }

  widen(steps) {
    this.setWidth(this.pad.width + steps * 3);
  }

  setGrey(index) {
    this.grey = between(index, 0, GREYS.length - 1);
    this.pad.grey = GREYS[this.grey];
    this.greys[this.grey].checked = true;
    this.#showPen();
  }

  lighten(steps) {
    this.setGrey(this.grey + steps);
  }

  /** what: what an undo takes back, in words, where it is nothing on the paper. */
  show({ canUndo, canClear, what }) {
    this.undo.disabled = !canUndo;
    this.undo.title = what ? t("collect.undo_what", { what }) : t("collect.undo_title");
    this.clear.disabled = !canClear;
  }

  #showPen() {
    const { width, grey, canvas } = this.pad;
    const dot = this.dot.firstChild;
    dot.style.width = `${Math.max(2, width / 2)}px`;
    dot.style.height = dot.style.width;
    dot.style.background = `rgb(${grey} ${grey} ${grey})`;
    canvas.dispatchEvent(new Event("penchange"));
  }
}

function between(value, least, most) {
  return Math.min(most, Math.max(least, value));
}
