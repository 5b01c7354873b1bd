// Adding a class: a quiet row under the list, and an invitation while there are fewer than two.

import { api, explain } from "../api.js";
import { fill, h, icon, say } from "../dom.js";
import { onLanguage, t } from "../i18n.js";
import { project, refresh } from "../store.js";
import { choose, state } from "./state.js";

const SUGGESTED = ["O", "X"];

export class AddClass {
  constructor() {
    this.title = h("p", { class: "invite-title" });
    this.about = h("p", { class: "quiet" });
    this.suggest = h("button", {
      type: "button",
      class: "button primary",
      onclick: () => this.#addSuggested(),
    });
    this.input = h("input", {
      type: "text",
      id: "new-class",
      maxlength: "60",
      autocomplete: "off",
      spellcheck: "false",
      "data-t-label": "collect.new_class",
      "data-t-placeholder": "collect.new_class",
      "aria-describedby": "new-class-wrong",
    });
    this.wrong = h("p", { class: "wrong", id: "new-class-wrong", role: "alert", hidden: true });
    this.button = h(
      "button",
      { type: "submit", class: "button" },
      icon("plus"),
      h("span", { "data-t": "collect.add" }),
    );
    this.form = h(
      "form",
      { class: "add-form", onsubmit: (event) => this.#submit(event) },
      this.input,
      this.button,
    );
    this.invite = h("div", { class: "invite" }, this.title, this.about, this.suggest);
    this.element = h("div", { class: "add" }, this.invite, this.form, this.wrong);
    this.input.addEventListener("keydown", (event) => {
      // The Enter that ends a Hangul composition is not meant for the form.
      if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
    });
    this.input.addEventListener("input", () => this.#say(""));
    onLanguage(() => this.update(project.data));
  }

  update(data) {
    if (!data) return;
    const count = data.classes.length;
    this.invite.hidden = count > 1;
    this.element.classList.toggle("first", count === 0);
    this.title.textContent = t(count ? "collect.invite_second" : "collect.invite");
    this.about.textContent = t(count ? "collect.invite_second_why" : "collect.invite_why");
    this.suggest.hidden = count > 0;
    fill(this.suggest, t("collect.suggest", { one: SUGGESTED[0], other: SUGGESTED[1] }));
  }

  focus() {
    this.input.focus();
    this.element.scrollIntoView({ block: "nearest" });
  }

  #say(text) {
    this.wrong.textContent = text;
    this.wrong.hidden = !text;
    if (text) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  async #submit(event) {
    event.preventDefault();
    const name = this.input.value.normalize("NFC").trim();
    if (!name) {
      this.input.focus();
      return;
    }
    const added = await this.#add(name);
    if (added) this.input.value = "";
    // With two classes one can draw: then the number keys must not go into the field.
    const next = added && project.data.classes.length > 1 ? document.getElementById("pad") : this.input;
    next.focus({ preventScroll: true });
  }

  async #addSuggested() {
    for (const name of SUGGESTED) if (!(await this.#add(name))) return;
    document.getElementById("pad").focus();
  }

  async #add(name) {
    try {
      const one = await api.send("POST", "/api/classes", { name });
      await refresh();
      if (!state.hasInk) choose((project.data.classes.find((other) => !other.count) ?? one).id);
      say(t("collect.added", { name: one.name }));
      this.#say("");
      return true;
    } catch (error) {
      this.#say(explain(error));
      return false;
    }
  }
}
