// What training makes of a picture: the picture itself and variants, drawn anew when a knob changes.

import { api, explain } from "../api.js";
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { paintGrey } from "./grey.js";

const VARIANTS = 11;
const WAIT = 250;

export class Preview {
  /** `wanted` gives {recipe, settings}. */
  constructor(wanted) {
    this.wanted = wanted;
    this.seed = 1;
    this.picture = null;
    this.timer = 0;
    this.underway = null;
    this.visible = false;
    this.canvases = Array.from({ length: VARIANTS + 1 }, (_, place) =>
      h("canvas", {
        width: 48,
        height: 48,
        class: place ? "" : "source",
        role: "img",
      }),
    );
    this.status = h("p", { class: "quiet small status", role: "status" });
    this.caption = h("p", { class: "quiet small" });
    this.title = h("h3", { id: "preview-title" });
    this.buttons = [
      h(
        "button",
        { type: "button", class: "button small", onclick: () => this.#other({ picture: true }) },
        icon("image"),
        h("span"),
      ),
      h(
        "button",
        { type: "button", class: "button small", onclick: () => this.#other({}) },
        icon("refresh"),
        h("span"),
      ),
    ];
    this.element = h(
      "section",
      { class: "preview", "aria-labelledby": "preview-title" },
      this.title,
      this.caption,
      h("div", { class: "variants" }, this.canvases),
      h("div", { class: "preview-acts" }, this.buttons),
      this.status,
    );
  }

  render() {
    this.title.textContent = t("teach.preview.title");
    this.caption.textContent = t("teach.preview.about");
    this.buttons[0].querySelector("span").textContent = t("teach.preview.picture");
    this.buttons[1].querySelector("span").textContent = t("teach.preview.draw");
    this.canvases.forEach((canvas, place) => {
      canvas.setAttribute(
        "aria-label",
        place ? t("teach.preview.variant", { number: place }) : t("teach.preview.source"),
      );
    });
  }

  show() {
    this.visible = true;
    this.later(0);
  }

  hide() {
    this.visible = false;
    clearTimeout(this.timer);
    this.underway?.abort();
  }

  /** Soon, if nothing else changes until then. */
  later(wait = WAIT) {
    clearTimeout(this.timer);
    if (this.visible) this.timer = setTimeout(() => this.#draw(), wait);
  }

  #other({ picture = false }) {
    this.seed += 1;
    if (picture) this.picture = null;
    this.later(0);
  }

  async #draw() {
    const { recipe, settings } = this.wanted();
    if (!recipe) return;
    this.underway?.abort();
    const control = new AbortController();
    this.underway = control;
    this.element.classList.add("busy");
    try {
      const answer = await api.send(
        "POST",
        "/api/augmentation",
        { recipe, settings, picture: this.picture, seed: this.seed },
        { signal: control.signal },
      );
      this.#paint(answer);
      this.status.textContent = "";
    } catch (error) {
      if (error.name !== "AbortError") this.status.textContent = explain(error);
    } finally {
      if (this.underway === control) this.element.classList.remove("busy");
    }
  }

  #paint({ pictures, source }) {
    this.picture = source.picture;
    paintGrey(this.canvases[0], source);
    pictures.slice(0, VARIANTS).forEach((one, place) => paintGrey(this.canvases[place + 1], one));
  }
}
