// Two runs side by side: whether one is better, both figures, and the pictures that they answer differently.

import { api, explain } from "../api.js";
import { fill, h, icon, say } from "../dom.js";
import { number, pair, t } from "../i18n.js";
import { percent, runName, sentence as written } from "./format.js";
import { intervalBar } from "./interval.js";
import { runOf } from "./runs.js";

const MOST = 60;

export class Compare {
  constructor() {
    this.chosen = [];
    this.found = null;
    this.element = h("div", { class: "compare", hidden: true });
  }

  has(id) {
    return this.chosen.includes(id);
  }

  /** A third one takes the place of the first. */
  toggle(id, on, then) {
    this.chosen = this.chosen.filter((one) => one !== id);
    if (on) this.chosen = [...this.chosen, id].slice(-2);
    then();
    this.#ask();
  }

  keepOnly(all) {
    const left = this.chosen.filter((id) => all.some((run) => run.id === id));
    if (left.length === this.chosen.length) return;
    this.chosen = left;
    this.found = null;
  }

  async #ask() {
    this.found = null;
    this.render();
    if (this.chosen.length < 2) return;
    const [one, other] = this.chosen;
    const query = new URLSearchParams({ one, other });
    const asked = this.chosen;
    const found = await api.get(`/api/runs/compare?${query}`).catch((error) => ({ error }));
    if (asked !== this.chosen) return;
    this.found = found;
    this.render();
    say(found.error ? explain(found.error) : pair(found.sentence));
    this.element.scrollIntoView({ block: "nearest" });
  }

  render() {
    this.element.hidden = this.chosen.length < 2;
    if (this.element.hidden) return;
    const both = this.chosen.map(runOf);
    if (!both.every(Boolean)) return;
    fill(
      this.element,
      h(
        "div",
        { class: "compare-head" },
        h(
          "h3",
          null,
          icon("compare"),
          h("span", null, t("teach.compare.title", { one: runName(both[0]), other: runName(both[1]) })),
        ),
        h(
          "button",
          {
            type: "button",
            class: "plain round small",
            "aria-label": t("teach.compare.close"),
            onclick: () => this.#close(),
          },
          icon("close"),
        ),
      ),
      this.#body(both),
    );
  }

  #body(both) {
    if (!this.found) return h("p", { class: "quiet waiting" }, t("teach.compare.waiting"));
    if (this.found.error)
      return h("p", { class: "problem" }, icon("error"), h("span", null, explain(this.found.error)));
    const { sentence, rows, differing } = this.found;
    return [
      h("p", { class: "first" }, written(sentence)),
      h(
        "dl",
        { class: "pair" },
        rows.map((row, place) =>
          h(
            "div",
            null,
            h("dt", null, ordinal(place), " ", h("span", null, runName(runOf(row.run) ?? both[place]))),
            h(
              "dd",
              null,
              row.accuracy
                ? [
                    h(
                      "span",
                      { class: "number" },
                      h("strong", null, percent(row.accuracy.share)),
                      " ",
                      h(
                        "span",
                        { class: "quiet small" },
                        t("teach.right_of", {
                          right: number(row.accuracy.right),
                          total: number(row.accuracy.total),
                        }),
                      ),
                    ),
                    intervalBar(row.accuracy),
                  ]
                : h("span", { class: "quiet" }, t("teach.result.unmeasured")),
            ),
          ),
        ),
      ),
      differing.length > 0 && [
        h("h4", null, t("teach.compare.differing", { count: differing.length })),
        h("ul", { class: "differing" }, differing.slice(0, MOST).map(thumbnail)),
        differing.length > MOST &&
          h("p", { class: "quiet small" }, t("teach.compare.more", { count: differing.length - MOST })),
      ],
    ];
  }

  #close() {
    const [first] = this.chosen;
    this.chosen = [];
    this.found = null;
    for (const box of document.querySelectorAll(".run .tick")) box.checked = false;
    this.element.hidden = true;
    [...document.querySelectorAll(".run .tick")].find((box) => box.dataset.id === first)?.focus();
  }
}

function ordinal(place) {
  return h("span", { class: "ordinal", "aria-hidden": "true" }, place + 1);
}

function thumbnail({ picture, file, class: truth, answers }) {
  return h(
    "li",
    null,
    h(
      "span",
      { class: "frame" },
      picture
        ? h("img", {
            src: `/api/pictures/${encodeURIComponent(picture)}/thumbnail`,
            alt: file,
            loading: "lazy",
          })
        : h("span", { class: "quiet small" }, file),
    ),
    h("span", { class: "truth", title: truth }, truth),
    answers.map((answer, place) =>
      h(
        "span",
        { class: answer === truth ? "said hit" : "said miss" },
        ordinal(place),
        h("span", { class: "sr" }, t(place ? "teach.compare.second" : "teach.compare.first")),
        icon(answer === truth ? "check" : "close"),
        h("span", { title: answer ?? t("try.none") }, answer ?? t("try.none")),
      ),
    ),
  );
}
