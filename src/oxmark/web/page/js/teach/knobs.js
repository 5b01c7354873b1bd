// "More": the recipe and its few important knobs, each with what it does; and what they make of a picture.
//
// const knobs = new Knobs(); knobs.element; knobs.body() is what POST /api/teach takes

import { api } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { pair, t } from "../i18n.js";
import { CONTROLS, shown } from "./controls.js";
import { Preview } from "./preview.js";
import { onTeaching } from "./state.js";

export class Knobs {
  constructor() {
    this.offer = null;
    this.recipe = null;
    this.changed = new Map();
    this.name = "";
    this.preview = new Preview(() => ({ recipe: this.recipe, settings: this.settings() }));
    onTeaching((data) => this.#named(data));
    this.summary = h("span", { class: "quiet" });
    this.form = h("div", { class: "knob-form" });
    this.element = h(
      "details",
      { class: "more", ontoggle: () => this.#toggled() },
      h(
        "summary",
        null,
        icon("sliders"),
        h("span", { class: "more-title", "data-t": "teach.more" }),
        this.summary,
        icon("expand"),
      ),
      h("div", { class: "more-body" }, this.form, this.preview.element),
    );
  }

  async load() {
    this.offer = await api.get("/api/recipes");
    this.recipe ??= this.offer.recipes[0].name;
    this.render();
  }

  settings() {
    return Object.fromEntries(this.changed);
  }

  body() {
    return {
      recipe: this.recipe ?? "marks",
      settings: this.settings(),
      name: this.name.trim() || null,
      seed: 0,
    };
  }

  render() {
    if (!this.offer) return;
    this.#summarize();
    fill(this.form, this.#nameField(), this.#recipes(), h("div", { class: "knob-list" }, this.#knobs()));
    this.preview.render();
  }

  show() {
    if (this.element.open) this.preview.show();
  }

  hide() {
    this.preview.hide();
  }

  /** A name is given once: the next run shall not have the same. */
  #named({ state, name }) {
    if (state !== "starting" || !name || name !== this.name.trim()) return;
    this.name = "";
    const field = this.form.querySelector("#teach-name");
    if (field) field.value = "";
  }

  #toggled() {
    if (this.element.open) this.preview.show();
    else this.preview.hide();
  }

  #values() {
    return this.offer.recipes.find((one) => one.name === this.recipe).values;
  }

  /** What was changed and is a knob of this recipe, too, stays. */
  #choose(name) {
    this.recipe = name;
    this.changed.clear();
    this.render();
    this.element.querySelector(`input[name="recipe"][value="${CSS.escape(name)}"]`)?.focus();
    this.preview.later();
  }

  #summarize() {
    const count = this.changed.size;
    this.summary.textContent = [this.recipe, count > 0 && t("teach.changed_count", { count })]
      .filter(Boolean)
      .join(" · ");
  }

  #nameField() {
    const input = h("input", {
      type: "text",
      id: "teach-name",
      maxlength: 60,
      autocomplete: "off",
      value: this.name,
      "data-t-placeholder": "teach.name_placeholder",
      oninput: (event) => {
        this.name = event.target.value;
      },
    });
    return h("div", { class: "field name-field" }, h("label", { for: "teach-name" }, t("teach.name")), input);
  }

  #recipes() {
    return h(
      "fieldset",
      { class: "recipes" },
      h("legend", { class: "label" }, t("teach.recipe")),
      this.offer.recipes.map((one) =>
        h(
          "label",
          { class: "recipe" },
          h("input", {
            type: "radio",
            name: "recipe",
            value: one.name,
            checked: one.name === this.recipe,
            onchange: () => this.#choose(one.name),
          }),
          h("span", null, h("strong", null, one.name), h("span", { class: "quiet small" }, pair(one.about))),
        ),
      ),
    );
  }

  #knobs() {
    const values = this.#values();
    return this.offer.knobs
      .filter((knob) => knob.name in values)
      .map((knob) => this.#knob(knob, values[knob.name]));
  }

  #knob(knob, original) {
    const id = `knob-${knob.name}`;
    const row = h("div", { class: "knob" });
    const reset = h(
      "button",
      { type: "button", class: "link small reset", onclick: () => put(original, true) },
      t("teach.reset", { value: shown(knob, original) }),
    );
    reset.setAttribute(
      "aria-label",
      t("teach.reset_knob", { title: pair(knob.title), value: shown(knob, original) }),
    );
    const put = (value, all) => {
      if (value === original) this.changed.delete(knob.name);
      else this.changed.set(knob.name, value);
      row.classList.toggle("changed", value !== original);
      if (all) control.put(value);
      this.#summarize();
      this.preview.later();
      if (value === original && document.activeElement === reset) control.focus();
    };
    const control = CONTROLS[knob.kind](knob, id, put);
    const value = this.changed.has(knob.name) ? this.changed.get(knob.name) : original;
    control.put(value);
    row.classList.toggle("changed", value !== original);
    return fill(
      row,
      h(
        "div",
        { class: "knob-head" },
        h("label", { for: id, class: "label" }, pair(knob.title)),
        h("span", { class: "changed-mark small" }, t("teach.changed")),
        reset,
      ),
      control.element,
      h("p", { class: "quiet small", id: `${id}-about` }, pair(knob.about)),
    );
  }
}
