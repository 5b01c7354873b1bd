// What the network sees of the drawing, and where it finds evidence: for the answer, and against it.
//
// const sees = new Sees(); sees.element; sees.show(view | null, answer); sees.translate()
// Orange speaks for the answer and blue against it, as in the report and in `oxmark explain`.

import { h } from "../dom.js";
import { pair, t } from "../i18n.js";
import { sentence } from "../teach/format.js";
import { bytesOf, paintGrey } from "../teach/grey.js";

const FOR = [217, 115, 13];
const AGAINST = [31, 111, 180];
const STRONGEST = 0.85;
const USUAL = 0.98;
const SHOWN = 240;

export class Sees {
  constructor() {
    this.view = null;
    this.label = null;
    this.seen = h("canvas", { width: 48, height: 48, role: "img" });
    this.heat = h("canvas", { width: SHOWN, height: SHOWN, role: "img", class: "smooth" });
    this.titles = [h("h2"), h("h2")];
    this.key = h("p", { class: "heat-key small" });
    this.sentence = h("p", { class: "quiet small evidence" });
    this.element = h(
      "section",
      { class: "sees", "aria-labelledby": "sees-title" },
      h("figure", null, h("figcaption", null, this.titles[0]), this.seen),
      h("figure", null, h("figcaption", null, this.titles[1]), this.heat),
      h("div", { class: "sees-words" }, this.key, this.sentence),
    );
    this.titles[0].id = "sees-title";
  }

  show(view, label) {
    this.view = view;
    this.label = label;
    this.#paint();
    this.#write();
  }

  translate() {
    this.titles[0].textContent = t("try.sees");
    this.titles[1].textContent = t("try.heat");
    this.seen.setAttribute("aria-label", t("try.sees"));
    this.#write();
  }

  #write() {
    const classes = this.view?.heat?.classes;
    const compared = classes && this.label !== null;
    this.heat.setAttribute("aria-label", pair(this.view?.sentence) || t("try.heat"));
    this.key.classList.toggle("none", !compared);
    this.key.replaceChildren(
      h("span", { class: "key for" }),
      h("span", null, t("try.heat_for", { name: classes?.[0] ?? "–" })),
      h("span", { class: "key against" }),
      h("span", null, t("try.heat_against", { name: classes?.[1] ?? "–" })),
    );
    this.sentence.textContent = this.view ? whole(sentence(this.view.sentence)) : t("try.sees_note");
  }

  #paint() {
    for (const canvas of [this.seen, this.heat]) canvas.classList.toggle("blank", !this.view);
    if (!this.view) {
      for (const canvas of [this.seen, this.heat])
        canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
      return;
    }
    const { size, seen, heat } = this.view;
    const grey = bytesOf(seen);
    paintGrey(this.seen, { size, grey });
    paintHeat(this.heat, { size, grey }, this.label === null ? null : heat);
  }
}

/** Most of a picture is paper. */
function isLight(grey) {
  let sum = 0;
  for (const value of grey) sum += value;
  return sum >= 127.5 * grey.length;
}

/** The crop under its evidence, smooth from place to place: multiplied on light paper, screened on dark. */
function paintHeat(canvas, { size, grey }, heat) {
  const light = isLight(grey);
  const small = document.createElement("canvas");
  paintGrey(small, { size, grey });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.globalCompositeOperation = "source-over";
  context.globalAlpha = 1;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, SHOWN, SHOWN);
  context.drawImage(small, 0, 0, SHOWN, SHOWN);
  if (!heat || heat.h * heat.w < 2) return;
  context.globalCompositeOperation = light ? "multiply" : "screen";
  context.drawImage(evidence(heat, light), 0, 0, SHOWN, SHOWN);
}

/** Each place in its colour on white or black, as opaque as the evidence is strong. */
function evidence({ h: rows, w: columns, values }, light) {
  const all = values.flat().map((value) => (Number.isFinite(value) ? value : 0));
  const sizes = all.map(Math.abs).sort((a, b) => a - b);
  const scale = sizes[Math.min(sizes.length - 1, Math.floor(USUAL * sizes.length))] || 1;
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  all.forEach((value, place) => {
    const strength = STRONGEST * Math.min(1, Math.abs(value) / scale);
    const colour = value > 0 ? FOR : AGAINST;
    image.data.set(
      [...colour.map((part) => (light ? 255 - strength * (255 - part) : strength * part)), 255],
      4 * place,
    );
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** A sentence that stands alone begins large and ends with a stop. */
function whole(text) {
  if (!text) return "";
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
