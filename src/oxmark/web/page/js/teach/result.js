// After a training: the verdict in words, the figure with its interval, and what to do next; or what failed.

import { explain } from "../api.js";
import { h, icon } from "../dom.js";
import { number, t } from "../i18n.js";
import { percent, runName, sentence } from "./format.js";
import { intervalBar, sides } from "./interval.js";
import { noteList } from "./notes.js";
import { runs } from "./runs.js";
import { useRun } from "./use.js";

/** The panel of a finished run. */
export function resultPanel(run, { stopped, teach, problem }) {
  const [first, ...rest] = run.verdict ?? [];
  const next = rest.length ? rest.at(-1) : null;
  const between = rest.slice(0, -1);
  return h(
    "div",
    { class: "panel result" },
    h(
      "p",
      { class: "result-name" },
      h("strong", null, runName(run)),
      h("span", { class: "quiet small" }, about(run, stopped)),
    ),
    h(
      "div",
      { class: "headline" },
      figure(run.accuracy),
      h(
        "div",
        { class: "verdict" },
        first && h("h2", { class: "first" }, sentence(first)),
        between.map((one) => h("p", null, sentence(one))),
      ),
    ),
    better(run),
    noteList([...(run.notes ?? []), ...(run.trouble ?? [])]),
    next && h("div", { class: "next" }, h("h3", null, t("teach.result.next")), h("p", null, sentence(next))),
    h(
      "div",
      { class: "actions" },
      h("a", { class: "button primary", href: "#try" }, icon("pen"), t("teach.result.try")),
      h(
        "a",
        {
          class: "button",
          href: `/api/runs/${encodeURIComponent(run.id)}/report`,
          target: "_blank",
          rel: "noopener",
        },
        icon("chart"),
        t("teach.result.report"),
      ),
      h("button", { type: "button", class: "plain", onclick: teach }, icon("refresh"), t("teach.again")),
    ),
    problem && h("p", { class: "problem", role: "alert" }, icon("error"), h("span", null, explain(problem))),
  );
}

/** An earlier run that did clearly better, which can be used again; null if the new one is not in use. */
function better(run) {
  if (!run.accuracy || runs.data?.current !== run.id) return null;
  const names = (one) => [...one.classes].sort().join("\n");
  const earlier = runs.data.runs.filter(
    (one) => !one.builtin && one.id !== run.id && one.accuracy && names(one) === names(run),
  );
  const best = earlier.sort((one, other) => other.accuracy.share - one.accuracy.share)[0];
  if (!best || best.accuracy.share <= run.accuracy.high) return null;
  const { right, total, share } = best.accuracy;
  const values = { right: number(right), total: number(total), share: percent(share), name: runName(best) };
  return h(
    "div",
    { class: "next better" },
    h("h3", null, t("teach.better.title", values)),
    h("p", null, t("teach.better.text", values)),
    h(
      "div",
      { class: "actions" },
      h(
        "button",
        { type: "button", class: "button small use-better", onclick: () => useRun(best) },
        icon("undo"),
        t("teach.use_run", values),
      ),
    ),
  );
}

function about(run, stopped) {
  const kept =
    run.kept_epoch && t("teach.result.kept", { epoch: number(run.kept_epoch), epochs: number(run.epochs) });
  return [stopped && t("teach.result.stopped"), kept].filter(Boolean).join(", ");
}

function figure(accuracy) {
  if (!accuracy)
    return h("div", { class: "figure" }, h("p", { class: "big words" }, t("teach.result.unmeasured")));
  return h(
    "div",
    { class: "figure" },
    h("p", { class: "big" }, percent(accuracy.share)),
    h(
      "p",
      { class: "quiet number" },
      t("teach.right_of", { right: number(accuracy.right), total: number(accuracy.total) }),
    ),
    intervalBar(accuracy, { scale: true }),
    h("p", { class: "quiet small number", "aria-hidden": "true" }, t("teach.interval.text", sides(accuracy))),
  );
}

/** The panel of a training that failed. */
export function failedPanel(data, { teach, goOn, leave, problem }) {
  const { resumable } = data;
  return h(
    "div",
    { class: "panel failed" },
    h("h2", null, icon("error"), t("teach.failed.title")),
    h("p", { class: "reason" }, data.error || t("teach.failed.unknown")),
    h(
      "p",
      { class: "quiet" },
      t("teach.failed.nothing_lost"),
      resumable && ` ${t("teach.failed.can_go_on")}`,
    ),
    noteList(data.notes),
    h(
      "div",
      { class: "actions" },
      resumable &&
        h(
          "button",
          { type: "button", class: "button primary", onclick: goOn },
          icon("play"),
          t("teach.failed.go_on"),
        ),
      h(
        "button",
        { type: "button", class: resumable ? "button" : "button primary", onclick: teach },
        icon("refresh"),
        t("teach.failed.again"),
      ),
      h("a", { class: "button", href: "#collect" }, t("teach.to_collect")),
      h("button", { type: "button", class: "plain", onclick: leave }, t("teach.failed.leave")),
    ),
    problem && h("p", { class: "problem", role: "alert" }, icon("error"), h("span", null, explain(problem))),
  );
}
