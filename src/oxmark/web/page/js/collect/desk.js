// The left side: what to draw next, the paper, the tools, who draws, and the button that saves.

import { h, icon, say, fill } from "../dom.js";
import { onLanguage, pair, t } from "../i18n.js";
import { onProject, project } from "../store.js";
import { toast } from "../toast.js";
import { explain } from "../api.js";
import { fly } from "./fly.js";
import { askHand, handForSaving } from "./hand.js";
import { Paper } from "./paper.js";
import { isStuck, onSaving, save, waiting } from "./saving.js";
import { changed, choose, chosenClass, onState, state } from "./state.js";
import { Tools } from "./tools.js";
import { undoLast } from "./undo.js";

const DRAFT = "oxmark.drawing";

export class Desk {
  constructor({ prompt, landing, invite }) {
    this.landing = landing;
    this.invite = invite;
    this.busy = false;
    this.paper = new Paper({ onChange: (event) => this.#onPad(event) });
    this.pad = this.paper.pad;
    this.tools = new Tools(this.pad, { onUndo: () => this.undo(), onClear: () => this.clear() });
    this.handButton = h("button", { type: "button", class: "plain hand", onclick: () => askHand() });
    this.status = h("p", { class: "save-state" });
    this.saveButton = h("button", {
      type: "button",
      class: "button primary save",
      onclick: () => this.saveTo(state.chosen),
    });
    this.element = h(
      "div",
      { class: "desk" },
      prompt,
      this.paper.element,
      this.tools.element,
      h("div", { class: "desk-foot" }, this.handButton, this.status, this.saveButton),
    );
    this.#restore();
    onState(() => this.show());
    onProject(() => this.show());
    onSaving((event) => this.#onSaving(event));
    onLanguage(() => {
      this.tools.translate();
      this.show();
    });
  }

  async saveTo(classId) {
    const one = project.data?.classes.find((other) => other.id === classId);
    if (!one) {
      this.invite();
      return;
    }
    choose(one.id);
    if (this.pad.isEmpty() || this.busy) return;
    this.busy = true;
    try {
      this.pad.end();
      const { hand, chosen } = await handForSaving();
      const now = project.data.classes.find((other) => other.id === state.chosen);
      if (chosen && now) await this.#send(now, hand);
    } finally {
      this.busy = false;
    }
  }

  async #send(one, hand) {
    const kept = this.pad.keep();
    const blob = await this.pad.toBlob();
    const url = URL.createObjectURL(blob);
    const from = this.paper.place();
    this.pad.clear();
    save({ classId: one.id, className: one.name, hand, blob, url, kept });
    fly(url, from, this.landing(one.id));
  }

  undo() {
    return undoLast(this.pad);
  }

  clear() {
    if (this.pad.isEmpty()) return;
    const kept = this.pad.keep();
    this.pad.clear();
    toast(t("collect.cleared"), {
      key: "pad",
      action: t("collect.undo"),
      onAction: () => this.pad.restore(kept),
    });
  }

  /** What is on the paper survives a reload of the page. */
  #keep() {
    try {
      sessionStorage.setItem(DRAFT, JSON.stringify(this.pad.strokes));
    } catch {
      /* too large, or not allowed: then it is lost with the page */
    }
  }

  #restore() {
    try {
      this.pad.restore({ strokes: JSON.parse(sessionStorage.getItem(DRAFT)) ?? [] });
    } catch {
      /* nothing usable was kept */
    }
  }

  #onPad({ drawing }) {
    const hasInk = !this.pad.isEmpty();
    if (!drawing) this.#keep();
    if (hasInk === state.hasInk) return;
    state.hasInk = hasInk;
    changed();
  }

  #onSaving({ type, item, undo, error }) {
    if (type === "saved") {
      const text = t("collect.saved", { name: item.className });
      toast(text, {
        key: "saved",
        action: undo && t("collect.undo"),
        onAction: () => undoLast(null),
        seconds: 5,
      });
    } else if (type === "refused") {
      toast(t("collect.refused", { name: item.className, why: explain(error) }), {
        kind: "error",
        seconds: 60,
        action: t("collect.back_on_pad"),
        onAction: () => this.pad.restore(item.kept),
      });
    } else if (type === "waiting") {
      say(t("collect.waiting", { count: waiting() }));
    }
    this.show();
  }

  show() {
    const one = chosenClass();
    const hasInk = !this.pad.isEmpty();
    const { hand } = project.data ?? {};
    this.paper.say(t(project.data?.classes.length === 0 ? "collect.paper_first" : "collect.paper"));
    fill(
      this.handButton,
      icon("person"),
      hand ? namedHand(hand) : h("span", { class: "hand-name ask" }, t("collect.who")),
    );
    const drawnBy = hand && t("collect.drawn_by", { name: hand });
    this.handButton.title = drawnBy ? `${drawnBy}. ${t("collect.hand_change")}` : "";
    fill(
      this.saveButton,
      h("span", { class: "save-name" }, one ? t("collect.save_in", { name: one.name }) : t("collect.save")),
      h("kbd", { "aria-hidden": "true" }, t("shell.key.space")),
    );
    this.saveButton.disabled = !hasInk;
    const saved = hasInk || waiting() > 0 ? null : project.data?.undo;
    this.tools.show({
      canUndo: hasInk || waiting() > 0 || Boolean(saved),
      canClear: hasInk,
      what: pair(saved),
    });
    this.#showStatus();
  }

  #showStatus() {
    const count = waiting();
    const kind = isStuck() ? "stuck" : count ? "sending" : "saved";
    const text = {
      stuck: t("collect.waiting", { count }),
      sending: t("collect.sending"),
      saved: t("collect.all_saved"),
    }[kind];
    this.status.className = `save-state ${kind}`;
    if (kind === "saved" && !project.data?.pictures) fill(this.status);
    else
      fill(
        this.status,
        icon(kind === "stuck" ? "warning" : kind === "sending" ? "clock" : "check"),
        h("span", null, text),
      );
  }
}

/** The name alone is seen; a screen reader hears whose name it is. */
function namedHand(name) {
  const [before, after] = t("collect.drawn_by", { name: "\n" }).split("\n");
  const unseen = (text) => text && h("span", { class: "sr" }, text);
  return h("span", { class: "hand-name" }, unseen(before), name, unseen(after));
}
