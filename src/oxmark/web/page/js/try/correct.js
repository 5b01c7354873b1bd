// "Wrong? It is:" one button for each class of the project puts the drawing there.
//
// const correct = new Correct({picture: async () => ({blob, name})}); correct.element
// correct.show({ready, classes}); correct.forget() when the drawing has changed; correct.press(number)

import { api, explain } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { pair, t } from "../i18n.js";
import { project, refresh } from "../store.js";
import { takeBack } from "../teach/undo.js";
import { toast } from "../toast.js";
import { quietly } from "../teach/quietly.js";

const KEYS = 9;

export class Correct {
  constructor({ picture }) {
    this.picture = picture;
    this.ready = false;
    this.saved = null; // the id of the class that has this very drawing
    this.busy = false;
    this.classes = [];
    this.question = h("p", { class: "label", id: "correct-question" });
    this.buttons = h("div", {
      class: "correct-buttons",
      role: "group",
      "aria-labelledby": "correct-question",
    });
    this.note = h("p", { class: "correct-note quiet small", role: "status" });
    this.element = h("div", { class: "correct" }, this.question, this.buttons, this.note);
  }

  show({ ready, classes }) {
    this.ready = ready;
    this.classes = classes;
    this.render();
  }

  forget() {
    if (!this.saved) return;
    this.saved = null;
    this.render();
  }

  render() {
    this.element.hidden = !this.classes.length;
    this.question.textContent = t("try.wrong");
    const key = JSON.stringify(this.classes.map(({ id, name }) => [id, name]));
    if (key !== this.key) {
      this.key = key;
      fill(
        this.buttons,
        this.classes.map((one, place) => this.#button(one, place)),
      );
    }
    [...this.buttons.children].forEach((button, place) => {
      const { id, name } = this.classes[place];
      // Disabled it would lose the focus.
      button.ariaDisabled = String(!this.ready || this.busy || Boolean(this.saved));
      button.classList.toggle("saved", this.saved === id);
      button.setAttribute("aria-label", t("try.put_into", { name }));
    });
    this.#write();
  }

  press(number) {
    const one = this.classes[number - 1];
    if (one && this.ready && !this.busy && !this.saved) this.#put(one);
  }

  #button(one, place) {
    return h(
      "button",
      { type: "button", class: "button small", onclick: () => this.press(place + 1) },
      place < KEYS && h("kbd", { "aria-hidden": "true" }, place + 1),
      h("span", null, one.name),
      icon("check"),
    );
  }

  #write() {
    const name = this.classes.find((one) => one.id === this.saved)?.name;
    if (name === undefined) fill(this.note, t(this.ready ? "try.wrong_note" : "try.wrong_later"));
    else fill(this.note, t("try.saved", { name }), " ", h("a", { href: "#teach" }, t("try.teach_again")));
  }

  async #put(one) {
    this.busy = true;
    this.saved = null;
    this.render();
    try {
      const { blob, name } = await this.picture();
      const query = new URLSearchParams({ name });
      if (project.data?.hand) query.set("hand", project.data.hand);
      const { undo } = await api.send(
        "POST",
        `/api/classes/${encodeURIComponent(one.id)}/pictures?${query}`,
        blob,
      );
      this.saved = one.id;
      toast(t("try.saved", { name: one.name }), {
        action: t("teach.undo"),
        onAction: () => this.#undo(one, undo),
        key: "corrected",
      });
      quietly(refresh());
    } catch (error) {
      if (error.code === "already_there") this.saved = one.id;
      toast(explain(error), { kind: error.code === "already_there" ? "warning" : "error", key: "corrected" });
    } finally {
      this.busy = false;
      this.render();
    }
  }

  async #undo(one, expected) {
    try {
      const { done } = await takeBack(expected);
      toast(pair(done), { key: "corrected" });
      if (this.saved === one.id) this.saved = null;
      this.render();
    } catch (error) {
      toast(explain(error), { kind: "error" });
    }
  }
}
