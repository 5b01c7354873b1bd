// "What to draw next": one quiet line over the paper.

import { api } from "../api.js";
import { h } from "../dom.js";
import { onLanguage, pair, t } from "../i18n.js";
import { classOf, onProject, project } from "../store.js";
import { askHand } from "./hand.js";
import { choose, onState, state } from "./state.js";

const SOON = 250;
const ABOUT_HANDS = new Set(["unknown_hands", "hand", "few_hands"]);

export class Hints {
  constructor() {
    this.hints = [];
    this.text = h("span", null);
    this.button = h("button", { type: "button", class: "link", onclick: () => this.#take() });
    this.element = h("div", { class: "hint" }, h("p", null, this.text, " ", this.button));
    onProject(() => this.#soon());
    onState(() => this.show());
    onLanguage(() => this.show());
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#read(), this.hints.length ? SOON : 0);
  }

  async #read() {
    try {
      this.hints = (await api.get("/api/next")).hints;
    } catch {
      return; // the last hint stays
    }
    this.show();
  }

  show() {
    const hint = this.hints[0];
    const none = project.data?.classes.length === 0;
    this.text.textContent = none ? t("collect.hint_first") : pair(hint?.text);
    const act = none ? null : this.#act(hint);
    this.button.hidden = !act;
    this.button.textContent = act?.text ?? "";
  }

  /** What the hint's button does: choose the class, or ask who draws. */
  #act(hint) {
    const one = classOf(hint?.class);
    if (ABOUT_HANDS.has(hint?.kind) && !one) return { text: t("collect.hand_change"), run: askHand };
    if (!one || one.id === state.chosen) return null;
    return { text: t("collect.hint_draw", { name: one.name }), run: () => choose(one.id) };
  }

  #take() {
    this.#act(this.hints[0])?.run();
    if (!document.querySelector("dialog[open]")) document.getElementById("pad").focus();
  }
}
