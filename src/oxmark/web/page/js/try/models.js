// Which run answers: the one in use, until another one is chosen.
//
// const models = new Models(() => ...changed); models.element; models.run(); models.query(); models.render()

import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { project } from "../store.js";
import { list, runName } from "../teach/format.js";
import { answers, BUILTIN, current, runOf, runs } from "../teach/runs.js";

export class Models {
  constructor(changed) {
    this.chosen = null;
    this.select = h("select", {
      id: "try-model",
      onchange: () => {
        this.chosen = this.select.value;
        this.render();
        changed();
      },
    });
    this.note = h("p", { class: "model-note quiet small" });
    this.element = h(
      "div",
      { class: "models" },
      h("label", { for: "try-model", class: "label", "data-t": "try.model" }),
      this.select,
      this.note,
    );
  }

  run() {
    return (this.chosen && runOf(this.chosen)) || current();
  }

  query() {
    return this.run()?.id ?? "current";
  }

  isUsed() {
    return this.run()?.id === current()?.id;
  }

  render() {
    if (!runs.data) return;
    if (this.chosen && (!runOf(this.chosen) || this.chosen === current()?.id)) this.chosen = null;
    const all = runs.data.runs.filter(answers);
    fill(
      this.select,
      all.map((run) =>
        h(
          "option",
          { value: run.id },
          run.id === current()?.id ? t("try.used", { name: runName(run) }) : runName(run),
        ),
      ),
    );
    this.select.value = this.run()?.id ?? "";
    fill(this.note, this.#note(all));
  }

  /** What one should know before believing the answers: no run yet, or other classes than the project's. */
  #note(all) {
    const run = this.run();
    if (!run) return null;
    const mine = (project.data?.classes ?? []).map((one) => one.name);
    const unknown = mine.filter((name) => !run.classes.includes(name));
    const own = all.some((one) => one.id !== BUILTIN);
    if (!own)
      return [
        t("try.no_run", { names: list(run.classes) }),
        unknown.length > 0 && [" ", h("a", { href: "#teach" }, t("try.teach_them"))],
      ];
    if (unknown.length)
      return [
        t("try.unknown_classes", { names: list(unknown), count: unknown.length }),
        " ",
        h("a", { href: "#teach" }, t("try.teach_again")),
      ];
    const foreign = run.classes.filter((name) => !mine.includes(name));
    if (foreign.length && mine.length)
      return t("try.foreign_classes", { names: list(foreign), count: foreign.length });
    return null;
  }
}
