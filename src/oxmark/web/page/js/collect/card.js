// One class beside the paper: its key, name, count and newest pictures.

import { fill, h, icon } from "../dom.js";
import { number, t } from "../i18n.js";
import { openMenu } from "../menu.js";
import { worstIn } from "./doctor.js";
import { pictureImage } from "./image.js";
import { rename } from "./rename.js";
import { waitingFor } from "./saving.js";
import { NEWEST, newestOf, state, thumbnail } from "./state.js";

export class Card {
  constructor(one, actions) {
    this.actions = actions;
    this.key = h("kbd", { "aria-hidden": "true" });
    this.name = h("span", { class: "name" });
    this.hint = h("span", { class: "sr" });
    this.pick = h(
      "button",
      { type: "button", class: "pick", onclick: () => actions.pick(this.id) },
      this.key,
      this.name,
      this.hint,
    );
    this.badge = h("span", { class: "card-badge" });
    this.more = h(
      "button",
      {
        type: "button",
        class: "plain round card-more",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        onclick: () => openMenu(this.more, this.#items()),
      },
      icon("more"),
    );
    this.grip = h("span", { class: "grip", "aria-hidden": "true" }, icon("grip"));
    this.pictures = h("span", { class: "strip-pictures", "aria-hidden": "true" });
    this.count = h("span", { class: "count number" });
    this.strip = h(
      "button",
      { type: "button", class: "strip", onclick: () => actions.open(this.id) },
      this.pictures,
      this.count,
      icon("right"),
    );
    this.element = h(
      "li",
      { class: "card", onkeydown: (event) => this.#onKey(event) },
      h("div", { class: "card-head" }, this.grip, this.pick, this.badge, this.more),
      this.strip,
    );
    this.update(one, 0);
  }

  update(one, index, last = false) {
    this.one = one;
    this.id = one.id;
    this.index = index;
    this.last = last;
    this.element.dataset.class = one.id;
    this.element.dataset.name = one.name;
    this.element.dataset.count = one.count;
    const chosen = state.chosen === one.id;
    this.element.classList.toggle("chosen", chosen);
    this.pick.setAttribute("aria-pressed", String(chosen));
    this.key.textContent = index < 9 ? index + 1 : "";
    this.key.hidden = index > 8;
    if (this.name.textContent !== one.name) this.name.textContent = one.name;
    this.pick.title = t(state.hasInk ? "collect.save_in" : "collect.choose", { name: one.name });
    this.hint.textContent = ` ${t(state.hasInk ? "collect.press_to_save" : "collect.press_to_choose")}`;
    this.more.setAttribute("aria-label", t("collect.more", { name: one.name }));
    this.strip.setAttribute(
      "aria-label",
      `${t("collect.open", { name: one.name })}: ${t("collect.pictures", { count: one.count })}`,
    );
    this.strip.title = t("collect.open", { name: one.name });
    this.count.textContent = number(one.count);
    this.#showPictures();
    this.#showBadge();
  }

  /** Where a new picture lands. */
  landing() {
    const frame = this.strip.getBoundingClientRect();
    const side = Math.min(frame.height, 48);
    return { left: frame.left + 4, top: frame.top + (frame.height - side) / 2, width: side, height: side };
  }

  rename() {
    rename(this, this.actions.renaming(this.id));
  }

  #items() {
    const { actions, id } = this;
    return [
      { icon: "image", text: t("collect.open_short"), run: () => actions.open(id) },
      { icon: "pen", text: t("collect.rename"), shown: "F2", run: () => this.rename() },
      {
        icon: "up",
        text: t("collect.move_up"),
        shown: "Alt ↑",
        disabled: this.index === 0,
        run: () => actions.move(id, -1),
      },
      {
        icon: "down",
        text: t("collect.move_down"),
        shown: "Alt ↓",
        disabled: this.last,
        run: () => actions.move(id, 1),
      },
      { icon: "upload", text: t("collect.add_files"), run: () => actions.files(id) },
      { icon: "trash", text: t("collect.delete"), danger: true, run: () => actions.remove(id) },
    ];
  }

  #onKey(event) {
    if (event.target.matches("input") || event.isComposing) return;
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (event.altKey && step) this.actions.move(this.id, step);
    else if (event.key === "F2") this.rename();
    else return;
    event.preventDefault();
  }

  #showPictures() {
    const unsent = waitingFor(this.id).map((item) => ({ key: item.url, url: item.url, waits: true }));
    const saved = newestOf(this.id).map(({ id, unreadable }) => ({
      key: id,
      url: thumbnail(id),
      unreadable,
    }));
    const wanted = [...unsent.reverse(), ...saved].slice(0, NEWEST);
    const old = new Map([...this.pictures.children].map((child) => [child.dataset.key, child]));
    const next = wanted.map((picture) => old.get(picture.key) ?? small(picture));
    next.forEach((element, index) => element.classList.toggle("waits", Boolean(wanted[index].waits)));
    if (next.length) fill(this.pictures, next);
    else fill(this.pictures, h("span", { class: "nothing" }, this.one.count ? "" : t("collect.nothing_yet")));
  }

  #showBadge() {
    const worst = worstIn(this.id);
    this.badge.className = `card-badge ${worst?.severity ?? ""}`;
    fill(
      this.badge,
      worst && [icon(worst.severity), h("span", { class: "sr" }, t(`collect.severity_${worst.severity}`))],
    );
    this.badge.title = worst ? t("collect.badge", { count: worst.count }) : "";
    this.badge.hidden = !worst;
  }
}

function small({ key, url, unreadable }) {
  return pictureImage(url, { unreadable }, { class: "thumb", "data-key": key });
}
