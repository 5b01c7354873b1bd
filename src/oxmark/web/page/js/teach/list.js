// The runs: newest first, which one is in use, and what can be done with each.
//
// const list = new RunList({compare: new Compare()}); list.element; list.render()

import { api, explain } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { focusPlace } from "../focus.js";
import { number, pair, t } from "../i18n.js";
import { openMenu } from "../menu.js";
import { remember, remembered } from "../remember.js";
import { project, refresh } from "../store.js";
import { toast } from "../toast.js";
import { fileName, percent, runName, when } from "./format.js";
import { intervalBar, sides } from "./interval.js";
import { edit, runTitle } from "./rename.js";
import { answers, refreshRuns, runs } from "./runs.js";
import { isBusy, resume } from "./state.js";
import { takeBack } from "./undo.js";
import { useRun } from "./use.js";

const LAST = "oxmark.run-deleted"; // what an undo would say of the run deleted last

export class RunList {
  constructor({ compare }) {
    this.compare = compare;
    this.waiting = false;
    this.heading = h("h2", { id: "runs-title" });
    this.hint = h("p", { class: "quiet small" });
    this.undoButton = h(
      "button",
      { type: "button", class: "plain", hidden: true, onclick: () => this.#undo(project.data.undo) },
      icon("undo"),
      h("span"),
    );
    this.rows = h("ul", { class: "run-list" });
    this.element = h(
      "section",
      { class: "runs", "aria-labelledby": "runs-title", hidden: true },
      h("div", { class: "runs-head" }, this.heading, this.undoButton, this.hint),
      this.rows,
      compare.element,
    );
  }

  /** A run deleted here can be taken back while it is the last thing that was changed. */
  #showUndo() {
    const { undo } = project.data ?? {};
    const mine = Boolean(undo) && JSON.stringify(undo) === remembered(LAST);
    const focused = this.undoButton === document.activeElement;
    this.undoButton.hidden = !mine;
    this.undoButton.title = mine ? pair(undo) : "";
    this.undoButton.querySelector("span").textContent = t("teach.undo");
    if (focused && !mine) focusPlace();
  }

  render() {
    if (!runs.data) return;
    this.#showUndo();
    if (this.rows.querySelector(".run-title input")) {
      this.waiting = true; // a name is being written; the list is drawn when it is done
      return;
    }
    this.waiting = false;
    const all = runs.data.runs;
    this.compare.keepOnly(all);
    this.element.hidden = all.length < 2 && this.undoButton.hidden;
    this.heading.textContent = t("teach.runs");
    this.hint.textContent = all.length > 1 ? t("teach.compare.hint") : "";
    const focused = this.#focused();
    fill(
      this.rows,
      all.map((run) => this.#row(run)),
    );
    this.#focus(focused);
    this.compare.render();
  }

  /** What has the focus, to give it back to the same thing of the same run. */
  #focused() {
    const element = document.activeElement;
    const row = element?.closest?.(".run");
    if (!row || !this.rows.contains(row)) return null;
    return {
      id: row.dataset.id,
      index: [...this.rows.children].indexOf(row),
      place: [...row.querySelectorAll("button, input, a")].indexOf(element),
    };
  }

  #focus(focused) {
    if (!focused) return;
    const rows = [...this.rows.children];
    const same = rows.find((one) => one.dataset.id === focused.id);
    const row = same ?? rows[Math.min(focused.index, rows.length - 1)];
    const inside = [...row.querySelectorAll("button, input, a")];
    ((same && inside[focused.place]) ?? inside.at(-1)).focus({ preventScroll: true });
  }

  #row(run) {
    const used = run.id === (runs.data.current ?? "builtin");
    const title = run.builtin
      ? h(
          "span",
          { class: "run-title" },
          h("span", { class: "run-name fixed" }, h("span", null, runName(run))),
        )
      : runTitle(run, () => this.#written());
    const box = h("input", {
      type: "checkbox",
      class: "tick",
      checked: this.compare.has(run.id),
      disabled: !answers(run),
      "aria-label": t("teach.compare.tick", { name: runName(run) }),
      onchange: () => this.compare.toggle(run.id, box.checked, () => this.#ticks()),
    });
    box.dataset.id = run.id;
    return h(
      "li",
      { class: used ? "run used" : "run", "data-id": run.id },
      box,
      h("div", { class: "run-what" }, title, h("p", { class: "quiet small" }, about(run))),
      figure(run),
      h(
        "div",
        { class: "run-acts" },
        used && h("span", { class: "badge" }, t("teach.in_use")),
        !used &&
          answers(run) &&
          h(
            "button",
            {
              type: "button",
              class: "button small",
              "aria-label": t("teach.use_run", { name: runName(run) }),
              onclick: () => useRun(run),
            },
            t("teach.use"),
          ),
        run.resumable &&
          !isBusy() &&
          h(
            "button",
            {
              type: "button",
              class: "button small",
              "aria-label": t("teach.go_on_run", { name: runName(run) }),
              onclick: () => goOn(run),
            },
            t("teach.go_on"),
          ),
        this.#menuButton(run, title),
      ),
    );
  }

  #menuButton(run, title) {
    const button = h(
      "button",
      {
        type: "button",
        class: "plain round",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        "aria-label": t("teach.menu", { name: runName(run) }),
        title: t("teach.menu_short"),
      },
      icon("more"),
    );
    const base = `/api/runs/${encodeURIComponent(run.id)}`;
    button.addEventListener("click", () =>
      openMenu(
        button,
        [
          !run.builtin && {
            icon: "pen",
            text: t("teach.rename"),
            run: () => edit(title, run, title.querySelector("button"), () => this.#written()),
          },
          !run.builtin &&
            answers(run) && {
              icon: "chart",
              text: t("teach.result.report"),
              run: () => follow({ href: `${base}/report`, target: "_blank", rel: "noopener" }),
            },
          answers(run) && {
            icon: "download",
            text: t("teach.download"),
            run: () => follow({ href: `${base}/model.onnx`, download: fileName(run, ".onnx") }),
          },
          !run.builtin && {
            icon: "trash",
            text: t("teach.delete"),
            danger: true,
            run: () => this.#delete(run),
          },
        ].filter(Boolean),
      ),
    );
    return button;
  }

  #written() {
    if (this.waiting) this.render();
  }

  #ticks() {
    for (const box of this.rows.querySelectorAll(".tick")) box.checked = this.compare.has(box.dataset.id);
  }

  async #delete(run) {
    try {
      const { undo: expected } = await api.send("DELETE", `/api/runs/${encodeURIComponent(run.id)}`);
      remember(LAST, JSON.stringify(expected));
      await Promise.all([refreshRuns(), refresh()]);
      toast(t("teach.deleted", { name: runName(run) }), {
        action: t("teach.undo"),
        onAction: () => this.#undo(expected),
        key: "deleted",
      });
    } catch (error) {
      toast(explain(error), { kind: "error" });
    }
  }

  async #undo(expected) {
    try {
      const { done } = await takeBack(expected);
      await refreshRuns();
      toast(pair(done), { key: "deleted" });
    } catch (error) {
      toast(explain(error), { kind: "error" });
    }
  }
}

async function goOn(run) {
  try {
    await resume(run.id);
    scrollTo({ top: 0, behavior: "smooth" });
  } catch (error) {
    toast(explain(error), { kind: "error" });
  }
}

function follow(attributes) {
  h("a", attributes).click();
}

function about(run) {
  const learned = Object.values(run.pictures ?? {}).some(Boolean) ? run.pictures.train : 0;
  const parts = [
    run.builtin ? t("teach.run.builtin_about") : when(run.when),
    !run.builtin && run.recipe,
    !run.builtin && learned > 0 && t("teach.learned_from", { count: learned, shown: number(learned) }),
    run.state === "stopped" && t("teach.run.stopped", { epoch: run.kept_epoch }),
    run.state === "broken" && t("teach.run.broken"),
  ];
  return parts.filter(Boolean).join(" · ");
}

function figure(run) {
  if (!run.accuracy) return h("div", { class: "run-figure quiet small" }, t("teach.result.unmeasured"));
  const { right, total, share } = run.accuracy;
  return h(
    "div",
    { class: "run-figure", title: t("teach.interval.text", sides(run.accuracy)) },
    h(
      "p",
      { class: "number" },
      h("strong", null, percent(share)),
      " ",
      h(
        "span",
        { class: "quiet small" },
        t("teach.right_of", { right: number(right), total: number(total) }),
      ),
    ),
    intervalBar(run.accuracy),
  );
}
