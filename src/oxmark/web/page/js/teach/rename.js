// A run's name that becomes a field in its place: Enter and leaving it keep it, Escape does not.

import { api, explain } from "../api.js";
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";
import { isTogether } from "./composing.js";

/** The name as a button; pressing it turns it into a field. `done` is called after a change. */
export function runTitle(run, done) {
  const holder = h("span", { class: "run-title" });
  const button = h(
    "button",
    {
      type: "button",
      class: "run-name",
      title: t("teach.rename"),
      onclick: () => edit(holder, run, button, done),
    },
    h("span", null, run.name),
    icon("pen"),
    h("span", { class: "sr" }, t("teach.rename")),
  );
  holder.append(button);
  return holder;
}

export function edit(holder, run, button, done) {
  if (holder.querySelector("input")) return;
  const input = h("input", {
    type: "text",
    maxlength: 60,
    value: run.name,
    "aria-label": t("teach.rename_field"),
    autocomplete: "off",
    spellcheck: "false",
  });
  let over = false;
  const finish = async (keep) => {
    if (over) return;
    over = true;
    const name = input.value.normalize("NFC").trim();
    if (keep && name && name !== run.name) {
      try {
        await api.send("PATCH", `/api/runs/${encodeURIComponent(run.id)}`, { name });
        run.name = name;
        button.querySelector("span").textContent = name;
      } catch (error) {
        toast(error.code === "bad_name" ? t("teach.bad_name") : explain(error), { kind: "error" });
      }
    }
    const focused = document.activeElement === input;
    holder.replaceChildren(button);
    if (focused) button.focus();
    done();
  };
  input.addEventListener("keydown", (event) => {
    if (isTogether(event)) return;
    if (event.key === "Enter") finish(true);
    else if (event.key === "Escape") finish(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener("blur", () => finish(true));
  holder.replaceChildren(input);
  input.focus();
  input.select();
}
