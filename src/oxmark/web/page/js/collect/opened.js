// A class opened: all its pictures, newest first, read in pages while one scrolls.

import { api, explain } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { number, onLanguage, t } from "../i18n.js";
import { classOf, onProject } from "../store.js";
import { onFindings, findingsOf, worstOf } from "./doctor.js";
import { deletePicture, showPicture } from "./picture.js";
import { state } from "./state.js";
import { Tile } from "./tile.js";
import { Tip } from "./tip.js";

const PAGE = 120;

export class Opened {
  constructor({ onFiles }) {
    this.pictures = [];
    this.total = 0;
    this.tiles = new Map();
    this.onlyFound = false;
    this.reading = null;
    this.back = h(
      "a",
      { class: "plain back", href: "#collect" },
      icon("left"),
      h("span", { "data-t": "collect.all_classes" }),
    );
    this.title = h("h2", { id: "opened-title", tabindex: "-1", "data-home": "" });
    this.facts = h("p", { class: "quiet number" });
    this.files = h(
      "button",
      { type: "button", class: "button small", onclick: () => onFiles(state.opened) },
      icon("upload"),
      h("span", { "data-t": "collect.add_files" }),
    );
    this.filter = h("button", {
      type: "button",
      class: "button small filter",
      "aria-pressed": "false",
      onclick: () => this.#toggle(),
    });
    this.grid = h("ul", { class: "tiles", "aria-labelledby": "opened-title" });
    this.tip = new Tip(this.grid, (tile) => this.tiles.get(tile.dataset.picture)?.said ?? []);
    this.empty = h("p", { class: "quiet nothing-here" });
    this.foot = h("div", { class: "tiles-foot" });
    this.element = h(
      "section",
      { class: "opened", "aria-labelledby": "opened-title", hidden: true },
      h(
        "div",
        { class: "opened-head" },
        this.back,
        h("div", { class: "opened-title" }, this.title, this.facts),
        h("div", { class: "opened-acts" }, this.filter, this.files),
      ),
      this.empty,
      this.grid,
      this.foot,
      this.tip.element,
    );
    this.grid.addEventListener("keydown", (event) => this.#onKey(event));
    new IntersectionObserver(
      (entries) => {
        if (entries.some((one) => one.isIntersecting)) this.#more();
      },
      { rootMargin: "800px" },
    ).observe(this.foot);
    onProject(() => this.#onProject());
    onFindings(() => this.show());
    onLanguage(() => this.show());
  }

  async open(id) {
    this.pictures = [];
    this.tiles.clear();
    this.onlyFound = false;
    this.count = classOf(id)?.count;
    fill(this.grid);
    this.show();
    this.title.focus({ preventScroll: true });
    scrollTo(0, 0);
    await this.#read(0);
  }

  #onProject() {
    const one = classOf(state.opened);
    if (!state.opened) return;
    if (!one) {
      location.hash = "#collect";
      return;
    }
    if (one.count !== this.count) this.#read(0, Math.max(PAGE, this.pictures.length));
    this.count = one.count;
    this.show();
  }

  async #more() {
    if (state.opened && !this.reading && this.pictures.length < this.total)
      await this.#read(this.pictures.length);
  }

  async #read(offset, wanted = PAGE) {
    const id = state.opened;
    await this.reading;
    this.reading = this.#readPages(id, offset, wanted).catch((error) =>
      fill(this.foot, h("p", { class: "quiet" }, explain(error))),
    );
    await this.reading;
    this.reading = null;
    if (this.onlyFound) this.#more();
  }

  async #readPages(id, offset, wanted) {
    const before = this.pictures.slice(0, offset);
    const read = [];
    while (read.length < wanted) {
      const page = await api.get(`/api/classes/${id}/pictures?offset=${offset + read.length}&limit=${PAGE}`);
      read.push(...page.pictures);
      this.total = page.total;
      if (!page.pictures.length || offset + read.length >= page.total) break;
    }
    if (id !== state.opened) return;
    const seen = new Set(before.map((one) => one.id));
    this.pictures = [...before, ...read.filter((one) => !seen.has(one.id))];
    this.show();
  }

  show() {
    const one = classOf(state.opened);
    this.tip.hide();
    if (!one) return;
    this.title.textContent = one.name;
    const hands = Object.entries(one.hands)
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} (${number(count)})`);
    this.facts.textContent = [
      t("collect.pictures", { count: one.count }),
      ...hands.slice(0, 8),
      hands.length > 8 && "…",
    ]
      .filter(Boolean)
      .join(" · ");
    const found = this.pictures.filter((picture) => findingsOf(picture.id).length);
    this.filter.hidden = found.length === 0 && !this.onlyFound;
    this.filter.setAttribute("aria-pressed", String(this.onlyFound));
    fill(
      this.filter,
      icon(worstOf(found.flatMap((picture) => findingsOf(picture.id))) ?? "note"),
      t("collect.only_found", { count: found.length }),
    );
    const shown = this.onlyFound ? found : this.pictures;
    this.empty.textContent = one.count ? "" : t("collect.empty_class");
    this.empty.hidden = one.count > 0;
    this.#put(shown);
    fill(this.foot, this.pictures.length < this.total && h("p", { class: "quiet" }, t("collect.loading")));
  }

  #put(shown) {
    const focused = document.activeElement;
    const at = [...this.grid.children].indexOf(focused?.closest?.(".tile"));
    const wanted = new Set(shown.map((picture) => picture.id));
    for (const [id, tile] of this.tiles) {
      if (wanted.has(id)) continue;
      tile.element.remove();
      this.tiles.delete(id);
    }
    shown.forEach((picture, index) => {
      const tile =
        this.tiles.get(picture.id) ??
        new Tile({ open: (one) => this.#open(one), remove: (one) => this.#remove(one) });
      this.tiles.set(picture.id, tile);
      tile.update(picture, index);
      if (this.grid.children[index] !== tile.element)
        this.grid.insertBefore(tile.element, this.grid.children[index] ?? null);
    });
    const stops = [...this.grid.querySelectorAll(".tile-open")];
    if (!stops.some((stop) => stop.tabIndex === 0) && stops.length) stops[0].tabIndex = 0;
    if (at >= 0 && !focused.isConnected) this.#focus(stops, Math.min(at, stops.length - 1));
  }

  #toggle() {
    this.onlyFound = !this.onlyFound;
    this.show();
    if (this.onlyFound) this.#more();
  }

  #open(picture) {
    showPicture(picture, {
      neighbours: (from, step) => this.#neighbour(from, step),
      onClose: (last) => this.#return(last),
    });
  }

  /** To the tile of the picture seen last, or where it was. */
  #return(picture) {
    const stops = [...this.grid.querySelectorAll(".tile-open")];
    const at = stops.indexOf(this.tiles.get(picture.id)?.open);
    this.#focus(stops, Math.max(at, 0));
  }

  async #neighbour(picture, step) {
    const shown = this.onlyFound ? this.pictures.filter((one) => findingsOf(one.id).length) : this.pictures;
    const to = shown.findIndex((one) => one.id === picture.id) + step;
    if (to >= shown.length) await this.#more();
    return (this.onlyFound ? shown : this.pictures)[to] ?? null;
  }

  #remove(picture) {
    return deletePicture(picture);
  }

  #focus(stops, index) {
    for (const stop of stops) stop.tabIndex = -1;
    if (stops[index]) stops[index].tabIndex = 0;
    (stops[index] ?? this.title).focus();
  }

  #onKey(event) {
    const stops = [...this.grid.querySelectorAll(".tile-open")];
    const at = stops.indexOf(event.target.closest(".tile")?.querySelector(".tile-open"));
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const columns = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const to = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at - columns,
      ArrowDown: at + columns,
      Home: 0,
      End: stops.length - 1,
    }[event.key];
    if (to !== undefined && to >= 0 && to < stops.length) this.#focus(stops, to);
    else if (event.key === "Delete")
      this.#remove(this.pictures.find((one) => one.id === event.target.closest(".tile").dataset.picture));
    else if (to === undefined) return;
    event.preventDefault();
  }
}
