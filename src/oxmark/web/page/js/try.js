// The third place: draw or bring a picture, and see the answer while you draw.

import { api, explain } from "./api.js";
import { h, icon } from "./dom.js";
import { onLanguage } from "./i18n.js";
import { shortcuts } from "./keys.js";
import { onProject, project } from "./store.js";
import { onRuns, refreshRuns, runs } from "./teach/runs.js";
import { Answering } from "./try/answering.js";
import { Correct } from "./try/correct.js";
import { pictureInputs } from "./try/inputs.js";
import { Models } from "./try/models.js";
import { Paper } from "./try/paper.js";
import { Result } from "./try/result.js";
import { Sees } from "./try/sees.js";
import { Share } from "./try/share.js";
import { quietly } from "./teach/quietly.js";

const SLOW = 70;
let view = null;

export function mount(section) {
  view = new Try();
  section.append(view.element);
}

export function show() {
  view.show();
}

export function hide() {
  view.hide();
}

class Try {
  constructor() {
    this.visible = false;
    this.result = new Result();
    this.sees = new Sees();
    this.share = new Share();
    this.models = new Models(() => this.#modelChanged());
    this.correct = new Correct({ picture: () => this.paper.picture() });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true }, icon("error"), h("span"));
    this.answering = new Answering({
      ask: (job) => this.#ask(job),
      show: (answer) => this.#show(answer),
      fail: (error) => this.#fail(error),
    });
    this.paper = new Paper({ changed: (event) => this.#changed(event) });
    this.undoButton = h(
      "button",
      { type: "button", class: "plain", onclick: () => this.paper.undo() },
      icon("undo"),
      h("span", { "data-t": "try.undo" }),
    );
    this.clearButton = h(
      "button",
      { type: "button", class: "plain", onclick: () => this.paper.clear() },
      icon("trash"),
      h("span", { "data-t": "try.clear" }),
    );
    this.element = this.#build();
    this.#listen();
    this.sees.show(null, null);
    this.sees.translate();
    this.#render();
  }

  #build() {
    const inputs = pictureInputs(this.paper.element, {
      active: () => this.visible && !document.querySelector("dialog[open]"),
      take: (blob, name) => this.paper.take(blob, name),
    });
    return h(
      "div",
      { class: "try" },
      h(
        "div",
        { class: "try-left" },
        this.paper.element,
        h(
          "div",
          { class: "try-tools" },
          this.undoButton,
          this.clearButton,
          h("span", { class: "gap" }),
          inputs,
        ),
        this.correct.element,
      ),
      h(
        "div",
        { class: "try-right" },
        this.models.element,
        this.problem,
        this.result.element,
        this.sees.element,
      ),
      this.share.element,
    );
  }

  #listen() {
    onProject(() => this.#render());
    onRuns(() => this.#modelChanged());
    onLanguage(() => {
      this.result.translate();
      this.sees.translate();
      this.share.translate();
      this.#render();
    });
    shortcuts("try", [
      {
        codes: ["KeyZ", "Backspace"],
        shown: ["Z"],
        about: "try.key_undo",
        run: () => this.paper.undo(),
        repeats: true,
      },
      { codes: ["KeyC", "Delete"], shown: ["C"], about: "try.key_clear", run: () => this.paper.clear() },
      {
        codes: Array.from({ length: 9 }, (_, place) => [`Digit${place + 1}`, `Numpad${place + 1}`]).flat(),
        shown: ["1", "–", "9"],
        about: "try.key_correct",
        run: (event) => this.correct.press(Number(event.code.slice(-1))),
      },
      { shown: ["key.arrows", "Enter"], about: "try.key_pen", codes: [] },
    ]);
  }

  show() {
    this.visible = true;
    this.paper.takePen();
    quietly(refreshRuns());
    if (!this.paper.isEmpty()) this.answering.want();
  }

  hide() {
    this.visible = false;
  }

  #modelChanged() {
    const query = this.models.query();
    this.#render();
    if (query !== this.asked && !this.paper.isEmpty() && this.visible) this.answering.want();
  }

  #changed({ drawing }) {
    this.correct.forget();
    if (this.paper.isEmpty()) {
      this.answering.drop();
      this.#show(null);
    } else this.answering.want({ final: !drawing });
    this.#allow();
  }

  async #ask({ final }) {
    if (this.paper.isEmpty()) return null;
    this.asked = this.models.query();
    const detailed = final || this.answering.took < SLOW;
    const query = new URLSearchParams({ run: this.asked, view: detailed ? "1" : "0" });
    const { blob } = await this.paper.picture();
    return api.send("POST", `/api/answer?${query}`, blob);
  }

  #show(answer) {
    this.problem.hidden = true;
    this.answer = answer;
    this.result.show(answer, answer ? Object.keys(answer.probabilities) : this.#classes());
    if (!answer || answer.view) {
      this.sees.show(answer?.view ?? null, answer?.label ?? null);
      this.paper.frame(answer?.view ?? null);
    }
  }

  #fail(error) {
    this.problem.querySelector("span").textContent = explain(error);
    this.problem.hidden = false;
  }

  #classes() {
    return this.models.run()?.classes ?? [];
  }

  #render() {
    this.models.render();
    if (runs.data) this.share.show(this.models.run(), { used: this.models.isUsed() });
    if (this.paper.isEmpty()) this.result.show(null, this.#classes());
    this.#allow();
  }

  /** What can be done with what is on the paper. */
  #allow() {
    const empty = this.paper.isEmpty();
    this.undoButton.disabled = empty;
    this.clearButton.disabled = empty;
    this.correct.show({ ready: !empty, classes: project.data?.classes ?? [] });
  }
}
