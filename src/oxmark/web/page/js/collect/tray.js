// How an import goes and what came of it, at the lower edge of the page: so many added, so many refused, each
// refused file with its reason.

import { fill, h, icon, say } from "../dom.js";
import { focusPlace } from "../focus.js";
import { onLanguage, t } from "../i18n.js";

export class Tray {
  constructor() {
    this.title = h("h2", { id: "tray-title", tabindex: "-1" });
    this.close = h(
      "button",
      {
        type: "button",
        class: "plain round small",
        "data-t-label": "shell.close",
        onclick: () => this.#leave(),
      },
      icon("close"),
    );
    this.bar = h("progress", { max: 1, value: 0, "aria-labelledby": "tray-title" });
    this.stop = h("button", {
      type: "button",
      class: "link",
      "data-t": "collect.stop",
      onclick: () => this.work.stop(),
    });
    this.progress = h("div", { class: "tray-progress" }, this.bar, this.stop);
    this.summary = h("p", { class: "tray-summary" });
    this.list = h("ul", { class: "refused-list", tabindex: "0", "data-t-label": "collect.refused_list" });
    this.element = h(
      "section",
      { class: "tray", "aria-labelledby": "tray-title", hidden: true },
      h("div", { class: "tray-head" }, this.title, this.close),
      this.progress,
      this.summary,
      this.list,
    );
    onLanguage(() => this.work && this.show());
    new ResizeObserver(() => {
      // The messages stand above it.
      document.documentElement.style.setProperty("--tray-height", `${this.element.offsetHeight}px`);
    }).observe(this.element);
  }

  begin(work) {
    this.work = work;
    this.told = false;
    fill(this.list);
    this.element.hidden = false;
    this.show();
  }

  show() {
    const { work } = this;
    const added = [...work.added.values()].reduce((sum, count) => sum + count, 0);
    this.progress.hidden = work.over;
    this.close.hidden = !work.over;
    this.bar.max = Math.max(1, work.total);
    this.bar.value = work.done;
    this.title.textContent = !work.over
      ? t("collect.importing", { done: work.done, total: work.total })
      : added || !work.refused.length
        ? t("collect.imported", { count: added })
        : t("collect.imported_none");
    this.summary.textContent = [
      work.waits && t("collect.import_waits"),
      added > 0 && [...work.added].map(([name, count]) => `${name} +${count}`).join(" · "),
      work.refused.length > 0 && t("collect.refused_count", { count: work.refused.length }),
      work.hidden > 0 && t("collect.hidden_files", { count: work.hidden }),
      work.over && work.stopped && t("collect.import_stopped", { count: work.total - work.done }),
    ]
      .filter(Boolean)
      .join(" · ");
    for (const one of work.refused.slice(this.list.children.length)) {
      this.list.append(
        h(
          "li",
          null,
          icon("warning"),
          h(
            "span",
            null,
            h("span", { class: "refused-name" }, one.name),
            " ",
            h("span", { class: "quiet" }, one.why),
          ),
        ),
      );
    }
    this.list.hidden = work.refused.length === 0;
    if (work.over && !this.told) this.#tell();
  }

  #tell() {
    this.told = true;
    say(`${this.title.textContent}. ${this.summary.textContent}`);
    if (this.work.refused.length) this.title.focus({ preventScroll: true });
    else this.timer = setTimeout(() => this.#fade(), 8000);
  }

  #fade() {
    if (this.work.over && !this.element.matches(":hover, :focus-within")) this.#leave();
    else this.timer = setTimeout(() => this.#fade(), 4000);
  }

  /** Out of the way, once it is done: somebody draws. */
  giveWay() {
    if (this.work?.over && !this.element.hidden) this.#leave();
  }

  #leave() {
    clearTimeout(this.timer);
    const focused = this.element.contains(document.activeElement);
    this.element.hidden = true;
    if (focused) focusPlace();
  }
}
