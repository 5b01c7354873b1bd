// The answer: the label, how far it is a mark of these classes, and the probabilities in the class order.
//
// const result = new Result(); result.element; result.show(answer | null, classes); result.translate()
// Nothing moves but the bars and the words: every line has its place from the beginning.

import { fill, h, say } from "../dom.js";
import { number, t } from "../i18n.js";
import { percent } from "../teach/format.js";

const SETTLED = 900;

export class Result {
  constructor() {
    this.answer = null;
    this.classes = [];
    this.rows = new Map();
    this.timer = 0;
    this.spoken = null;
    this.label = h("p", { class: "answer-label" });
    this.note = h("p", { class: "answer-note quiet" });
    this.knownName = h("span", { class: "quiet small" });
    this.knownValue = h("span", { class: "number small" });
    this.knownBar = h("span", { class: "known-bar" });
    this.known = h(
      "div",
      { class: "known", role: "meter", "aria-valuemin": 0, "aria-valuemax": 1 },
      h("span", { class: "known-track" }, this.knownBar),
    );
    this.bars = h("ul", { class: "bars", "data-t-label": "try.probabilities" });
    this.element = h(
      "div",
      { class: "answer" },
      h("div", { class: "answer-head" }, this.label, this.note),
      this.bars,
      h("div", { class: "known-line" }, this.knownName, this.known, this.knownValue),
    );
  }

  show(answer, classes) {
    this.answer = answer;
    this.#setClasses(classes);
    this.#render();
    this.#speakLater();
  }

  translate() {
    this.#render();
  }

  #setClasses(classes) {
    if (
      classes.length === this.classes.length &&
      classes.every((name, place) => name === this.classes[place])
    )
      return;
    this.classes = [...classes];
    this.rows = new Map(this.classes.map((name) => [name, barRow(name)]));
    fill(
      this.bars,
      [...this.rows.values()].map((row) => row.element),
    );
    this.bars.classList.toggle("many", this.classes.length > 8);
  }

  #render() {
    const { answer } = this;
    const refused = answer && answer.label === null;
    this.element.classList.toggle("empty", !answer);
    this.element.classList.toggle("refused", Boolean(refused));
    const words = !answer ? t("try.empty") : refused ? t("try.none") : answer.label;
    if (this.label.textContent !== words) this.label.textContent = words;
    const sized = answer && !refused ? size(words) : "words";
    this.label.className = `answer-label ${sized}`;
    this.note.textContent = !answer
      ? t("try.empty_note")
      : refused
        ? t("try.none_note")
        : t("try.sure", { share: percent(answer.probabilities[answer.label] ?? 0) });
    for (const [name, row] of this.rows)
      row.put(answer ? (answer.probabilities[name] ?? 0) : null, answer?.label === name);
    this.#renderKnown();
  }

  #renderKnown() {
    const value = this.answer?.known ?? null;
    this.knownName.textContent = t("try.known");
    this.knownValue.textContent =
      value === null ? "–" : number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    this.knownBar.style.transform = `scaleX(${value ?? 0})`;
    this.known.setAttribute("aria-label", t("try.known"));
    this.known.setAttribute("aria-valuenow", (value ?? 0).toFixed(2));
    this.known.title = t("try.known_about");
  }

  /** Told to a screen reader when it stays as it is for a while. */
  #speakLater() {
    clearTimeout(this.timer);
    const { answer } = this;
    if (!answer) {
      this.spoken = null;
      return;
    }
    this.timer = setTimeout(() => {
      const share = answer.label === null ? null : percent(answer.probabilities[answer.label] ?? 0, 0);
      const words = answer.label === null ? t("try.none") : t("try.spoken", { label: answer.label, share });
      if (words !== this.spoken) say(words);
      this.spoken = words;
    }, SETTLED);
  }
}

function size(words) {
  const length = [...words].reduce((sum, one) => sum + (one > "\u1100" ? 1.8 : 1), 0);
  return length <= 5 ? "short" : length <= 12 ? "medium" : "long";
}

function barRow(name) {
  const bar = h("span", { class: "bar" });
  const value = h("span", { class: "number bar-value" });
  const element = h(
    "li",
    null,
    h("span", { class: "bar-name", title: name }, name),
    h("span", { class: "bar-track", "aria-hidden": "true" }, bar),
    value,
  );
  return {
    element,
    put: (share, chosen) => {
      bar.style.transform = `scaleX(${share ?? 0})`;
      value.textContent = share === null ? "–" : percent(share);
      element.classList.toggle("chosen", chosen);
    },
  };
}
