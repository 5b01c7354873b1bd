// Before a training: what it will use, what it lacks, and the button.

import { explain } from "../api.js";
import { doctor } from "../collect/doctor.js";
import { h, icon } from "../dom.js";
import { number, t } from "../i18n.js";
import { list } from "./format.js";
import { hands, needs } from "./needs.js";

const UNREADABLE = new Set(["unreadable", "empty"]);

/** The panel, from the project as it is; `teach` starts, `again` says that there are runs already. */
export function readyPanel(data, { teach, again, problem }) {
  const { missing, advice } = needs(data);
  const button = h(
    "button",
    {
      type: "button",
      class: "button primary teach-button",
      disabled: missing.length > 0,
      "aria-describedby": "teach-uses teach-needs",
      onclick: teach,
    },
    icon("play"),
    h("span", null, t(again ? "teach.again" : "teach.teach")),
  );
  return h(
    "div",
    { class: "panel ready" },
    h(
      "div",
      { class: "ready-words" },
      h("h2", null, t(missing.length ? "teach.not_yet" : "teach.ready")),
      h("p", { class: "quiet", id: "teach-uses" }, uses(data)),
      classTable(data.classes),
      missing.length > 0 &&
        h(
          "ul",
          { class: "needs", id: "teach-needs" },
          missing.map((one) => h("li", null, icon("plus"), h("span", null, sentence("missing", one)))),
        ),
      advice.length > 0 &&
        h(
          "ul",
          { class: "hints quiet", id: "teach-needs" },
          advice.map((one) => h("li", null, sentence("advice", one))),
        ),
    ),
    h(
      "div",
      { class: "ready-act" },
      button,
      missing.length > 0
        ? h("a", { class: "button", href: "#collect" }, t("teach.to_collect"), icon("right"))
        : h("p", { class: "quiet small" }, t("teach.takes")),
    ),
    problem && h("p", { class: "problem", role: "alert" }, icon("error"), h("span", null, explain(problem))),
  );
}

function uses(data) {
  const classes = data.classes.length;
  if (!data.pictures) return t("teach.uses.nothing");
  const { names, unnamed } = hands(data.classes);
  const unreadable = unreadables(data.classes);
  const usable = data.pictures - unreadable;
  const parts = [
    t("teach.uses.pictures", { count: usable, shown: number(usable) }),
    unreadable > 0 && t("teach.uses.unreadable", { count: unreadable, shown: number(unreadable) }),
    t("teach.uses.classes", { count: classes }),
    names.length > 0 && t("teach.uses.hands", { count: names.length }),
    names.length > 0 && unnamed > 0 && t("teach.uses.unnamed", { count: unnamed, shown: number(unnamed) }),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** How many pictures cannot be read: by their headers, and where the doctor has looked by all of them. */
function unreadables(classes) {
  const { state, findings } = doctor();
  const told = state === "done" ? findings.filter((one) => UNREADABLE.has(one.code)) : [];
  const found = new Set(told.flatMap((one) => one.pictures)).size;
  return Math.max(
    found,
    classes.reduce((sum, one) => sum + (one.unreadable ?? 0), 0),
  );
}

/** Each class with its number, and a bar that shows how even they are. */
function classTable(classes) {
  if (!classes.length) return null;
  const counted = classes.map((one) => ({ ...one, count: one.count - (one.unreadable ?? 0) }));
  const most = Math.max(1, ...counted.map((one) => one.count));
  return h(
    "ul",
    { class: "class-counts" },
    counted.map((one) =>
      h(
        "li",
        null,
        h("span", { class: "class-name", title: one.name }, one.name),
        h(
          "span",
          { class: "count-track", "aria-hidden": "true" },
          h("span", { class: "count-bar", style: { width: `${(100 * one.count) / most}%` } }),
        ),
        h(
          "span",
          { class: "number" },
          number(one.count),
          h("span", { class: "sr" }, ` ${t("teach.pictures_word", { count: one.count })}`),
        ),
      ),
    ),
  );
}

function sentence(kind, { code, values }) {
  const names = values.names && { names: list(values.names) };
  return t(`teach.${kind}.${code}`, { ...values, ...names });
}
