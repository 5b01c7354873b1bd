// Words that appear beside the tile under the pointer or with the focus, inside the window.

import { fill, h } from "../dom.js";

export class Tip {
  /** root: where; wordsFor(tile): the texts, none for no tip. */
  constructor(root, wordsFor) {
    this.element = h("div", { class: "tip", "aria-hidden": "true", hidden: true });
    this.wordsFor = wordsFor;
    root.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch") this.#show(event.target.closest(".tile"));
    });
    root.addEventListener("pointerleave", () => this.hide());
    root.addEventListener("focusin", (event) => {
      if (event.target.matches(":focus-visible")) this.#show(event.target.closest(".tile"));
    });
    root.addEventListener("focusout", () => this.hide());
    addEventListener("scroll", () => this.hide(), { passive: true });
  }

  hide() {
    this.element.hidden = true;
  }

  #show(tile) {
    const words = tile ? this.wordsFor(tile) : [];
    this.element.hidden = !words.length;
    if (!words.length) return;
    fill(
      this.element,
      words.map((text) => h("span", null, text)),
    );
    const at = tile.getBoundingClientRect();
    const { width, height } = this.element.getBoundingClientRect();
    const below = at.bottom + 4 + height < innerHeight;
    const rightmost = document.documentElement.clientWidth - width - 8;
    this.element.style.left = `${Math.max(8, Math.min(at.left, rightmost))}px`;
    this.element.style.top = `${below ? at.bottom + 4 : at.top - height - 4}px`;
  }
}
