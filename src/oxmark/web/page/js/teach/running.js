// While a training runs: the stage, how far it is, the curve, what goes wrong, and the way to stop.

import { fill, h, icon, say } from "../dom.js";
import { number, pair, t } from "../i18n.js";
import { Curve } from "./curve.js";
import { timeLeft } from "./format.js";
import { noteList } from "./notes.js";

export class Running {
  constructor({ stop }) {
    this.said = null;
    this.asked = false; // to stop
    this.accuracy = new Curve({
      title: "teach.curve.accuracy",
      kind: "share",
      values: (entry) => ({ validation: entry.validation_accuracy, training: entry.train_accuracy }),
    });
    this.loss = new Curve({
      title: "teach.curve.loss",
      kind: "loss",
      values: (entry) => ({ validation: entry.validation_loss, training: entry.train_loss }),
    });
    this.stage = h("h2");
    this.figures = h("p", { class: "quiet number figures" });
    this.bar = h("span", { class: "progress-bar" });
    this.track = h(
      "div",
      { class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 },
      this.bar,
    );
    this.stopButton = h(
      "button",
      {
        type: "button",
        class: "button",
        onclick: () => {
          if (this.stopButton.ariaDisabled === "true") return;
          this.asked = true;
          stop();
        },
      },
      icon("stop"),
      h("span"),
    );
    this.notes = h("div", { class: "notes", "aria-live": "polite" });
    this.headings = [h("h3"), h("h3")];
    this.element = h(
      "div",
      { class: "panel running" },
      h("div", { class: "running-head" }, h("div", null, this.stage, this.figures), this.stopButton),
      this.track,
      this.notes,
      h(
        "div",
        { class: "curves" },
        h("figure", null, this.headings[0], this.accuracy.element),
        h("figure", null, this.headings[1], this.loss.element),
      ),
    );
  }

  show(data) {
    if (data.state === "starting") this.asked = false;
    const stage = pair(data.stage) || t(`teach.state.${data.state}`);
    if (this.stage.textContent !== stage) this.stage.textContent = stage;
    this.figures.textContent = figures(data) || "\u00a0";
    this.#showProgress(data, stage);
    this.#showStop(data);
    this.#showNotes(data.notes ?? []);
    const move = !document.hidden;
    this.accuracy.show(data.history, data.epochs, { move });
    this.loss.show(data.history, data.epochs, { move });
    if (this.said !== stage) say(stage);
    this.said = stage;
  }

  translate() {
    this.headings[0].textContent = t("teach.curve.accuracy");
    this.headings[1].textContent = t("teach.curve.loss");
    this.accuracy.translate();
    this.loss.translate();
    this.shown = null;
  }

  #showProgress({ state, done, total }, stage) {
    const known = total > 0 && state !== "starting";
    const share = known ? Math.min(1, done / total) : 0;
    this.track.classList.toggle("unknown", !known);
    this.bar.style.transform = known ? `scaleX(${share})` : "";
    this.track.setAttribute("aria-label", stage);
    if (known) this.track.setAttribute("aria-valuenow", Math.round(100 * share));
    else this.track.removeAttribute("aria-valuenow");
  }

  #showStop({ state, history }) {
    const over = state === "finishing";
    this.stopButton.ariaDisabled = String(over); // disabled it would lose the focus
    const words = over
      ? this.asked
        ? "teach.stopping"
        : "teach.closing"
      : history.length
        ? "teach.stop"
        : "teach.stop_now";
    this.stopButton.querySelector("span").textContent = t(words);
  }

  #showNotes(notes) {
    const key = JSON.stringify(notes);
    if (this.shown === key) return;
    this.shown = key;
    fill(this.notes, noteList(notes));
  }
}

function figures({ epoch, epochs, done, total, state, seconds_left: seconds }) {
  const parts = [];
  if (epoch && total > 0) parts.push(t("teach.epoch_of", { epoch: number(epoch), epochs: number(epochs) }));
  else if (total > 1 && state !== "starting")
    parts.push(t("teach.done_of", { done: number(done), total: number(total) }));
  if (state !== "starting") parts.push(timeLeft(seconds));
  return parts.filter(Boolean).join(" · ");
}
