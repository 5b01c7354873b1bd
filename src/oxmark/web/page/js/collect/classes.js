// The classes beside the paper: the list, its order, adding and deleting.

import { api, ApiError, explain } from "../api.js";
import { h, mayMove, say } from "../dom.js";
import { onLanguage, t } from "../i18n.js";
import { onProject, project, refresh } from "../store.js";
import { toast } from "../toast.js";
import { AddClass } from "./add.js";
import { Card } from "./card.js";
import { onFindings } from "./doctor.js";
import { dragToOrder } from "./order.js";
import { onSaving, renamed } from "./saving.js";
import { onState, state } from "./state.js";
import { undoLast } from "./undo.js";

export class Classes {
  constructor({ pick, open, files }) {
    this.cards = new Map();
    this.held = false; // a class is getting another id just now
    this.actions = {
      pick,
      open,
      files,
      renaming: (id) => ({
        onBegin: () => {
          this.held = true;
        },
        onEnd: (next) => this.#renamed(id, next),
      }),
      move: (id, step) => this.move(id, step),
      remove: (id) => this.remove(id),
    };
    this.list = h("ul", { class: "cards", "aria-labelledby": "classes-title" });
    this.total = h("p", { class: "quiet number total" });
    this.trouble = h("p", { class: "trouble", role: "alert", hidden: true });
    this.add = new AddClass();
    this.element = h(
      "section",
      { class: "classes", "aria-labelledby": "classes-title" },
      h(
        "div",
        { class: "classes-head" },
        h("h2", { id: "classes-title", "data-t": "collect.classes" }),
        this.total,
      ),
      this.trouble,
      this.list,
      this.add.element,
    );
    dragToOrder(this.list, (ids) => this.#order(ids));
    const update = () => this.update();
    onState(update);
    onProject(update);
    onSaving(update);
    onFindings(update);
    onLanguage(update);
  }

  card(id) {
    return this.cards.get(id);
  }

  update() {
    const { data } = project;
    if (!data || this.held) return;
    const focused = document.activeElement;
    const at = [...this.list.children].findIndex((card) => card.contains(focused));
    const here = new Set(data.classes.map((one) => one.id));
    for (const [id, card] of this.cards) {
      if (here.has(id)) continue;
      card.element.remove();
      this.cards.delete(id);
    }
    data.classes.forEach((one, index) => this.#put(one, index, index === data.classes.length - 1));
    this.list.hidden = data.classes.length === 0;
    if (focused !== document.activeElement) this.#refocus(focused, at);
    this.total.textContent = data.classes.length
      ? t("collect.total", {
          classes: t("collect.count_classes", { count: data.classes.length }),
          pictures: t("collect.pictures", { count: data.pictures }),
        })
      : "";
    this.trouble.hidden = !data.trouble;
    this.trouble.textContent = data.trouble ? explain(new ApiError(409, "bad_metadata", data.trouble)) : "";
    this.add.update(data);
    this.#reveal();
  }

  /** The focus was on a card: keep it there, or give it to the card that took its place. */
  #refocus(focused, at) {
    if (focused?.isConnected) focused.focus({ preventScroll: true });
    else if (at >= 0) {
      const next = [...this.list.children].at(Math.min(at, this.list.children.length - 1));
      (next?.querySelector(".pick") ?? this.add.input).focus({ preventScroll: true });
    }
  }

  /** Where the cards stand side by side: scroll to the one just chosen. */
  #reveal() {
    if (this.revealed === state.chosen) return;
    this.revealed = state.chosen;
    const card = this.cards.get(state.chosen)?.element;
    if (!card || this.list.scrollWidth <= this.list.clientWidth) return;
    const margin = card.offsetWidth / 4;
    const left = card.offsetLeft - this.list.offsetLeft;
    const right = left + card.offsetWidth - this.list.clientWidth;
    if (left - margin < this.list.scrollLeft) this.list.scrollLeft = left - margin;
    else if (right + margin > this.list.scrollLeft) this.list.scrollLeft = right + margin;
  }

  #put(one, index, last) {
    let card = this.cards.get(one.id);
    if (!card) {
      card = new Card(one, this.actions);
      this.cards.set(one.id, card);
    }
    card.update(one, index, last);
    if (this.list.children[index] !== card.element)
      this.list.insertBefore(card.element, this.list.children[index] ?? null);
  }

  #renamed(from, next) {
    this.held = false;
    if (!next) {
      this.update();
      return;
    }
    const card = this.cards.get(from);
    this.cards.delete(from);
    this.cards.set(next.id, card);
    renamed(from, next.id, next.name);
    project.data.classes = project.data.classes.map((one) => (one.id === from ? next : one));
    this.update();
  }

  async move(id, step) {
    const ids = project.data.classes.map((one) => one.id);
    const from = ids.indexOf(id);
    const to = from + step;
    if (to < 0 || to >= ids.length) return;
    ids.splice(to, 0, ...ids.splice(from, 1));
    const name = project.data.classes[from].name;
    if (await this.#order(ids)) say(t("collect.moved_to", { name, place: to + 1, count: ids.length }));
  }

  /** Show the new order at once, and go back if the server says no. */
  async #order(ids) {
    const before = project.data.classes;
    const tops = new Map([...this.cards].map(([id, card]) => [id, card.element.getBoundingClientRect()]));
    project.data.classes = ids.map((id) => before.find((one) => one.id === id)).filter(Boolean);
    this.update();
    this.#glide(tops);
    try {
      await api.send("PUT", "/api/classes/order", { ids });
      return true;
    } catch (error) {
      project.data.classes = before;
      this.update();
      toast(explain(error), { kind: "error" });
      return false;
    }
  }

  #glide(before) {
    if (!mayMove()) return;
    for (const [id, card] of this.cards) {
      const now = card.element.getBoundingClientRect();
      const x = (before.get(id)?.left ?? now.left) - now.left;
      const y = (before.get(id)?.top ?? now.top) - now.top;
      if (x || y) {
        card.element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
          duration: 180,
          easing: "ease-out",
        });
      }
    }
  }

  async remove(id) {
    const { name } = project.data.classes.find((one) => one.id === id);
    try {
      await api.send("DELETE", `/api/classes/${id}`);
      toast(t("collect.class_deleted", { name }), {
        key: "saved",
        action: t("collect.undo"),
        onAction: () => undoLast(null),
      });
      await refresh();
    } catch (error) {
      toast(explain(error), { kind: "error" });
    }
  }
}
