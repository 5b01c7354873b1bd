// A class gets another name where it stands. While Hangul is being composed Enter belongs to the composition.

import { api, explain } from "../api.js";
import { h, say } from "../dom.js";
import { t } from "../i18n.js";
import { refresh } from "../store.js";

let count = 0;

/**
 * Turn the name on a card into a field. onBegin() is called before the server is asked, and then
 * onEnd(newClass), with null if it did not agree.
 */
export function rename(card, { onBegin, onEnd }) {
  const { one, pick } = card;
  if (card.element.querySelector(".rename")) return;
  const wrongId = `rename-wrong-${++count}`;
  const wrong = h("p", { class: "wrong", id: wrongId, role: "alert", hidden: true });
  const input = h("input", {
    type: "text",
    value: one.name,
    maxlength: "60",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": t("collect.rename_label", { name: one.name }),
    "aria-describedby": wrongId,
  });
  const form = h("form", { class: "rename" }, input, wrong);
  let over = false;
  function finish(focus) {
    over = true;
    form.remove();
    pick.hidden = false;
    if (focus) pick.focus();
  }
  async function accept() {
    const name = input.value.normalize("NFC").trim();
    if (over) return;
    if (!name || name === one.name) {
      finish(true);
      return;
    }
    over = true;
    onBegin();
    try {
      const next = await api.send("PATCH", `/api/classes/${one.id}`, { name });
      onEnd(next);
      finish(true);
      say(t("collect.renamed", { from: one.name, to: next.name }));
      await refresh().catch(() => null);
    } catch (error) {
      over = false;
      onEnd(null);
      wrong.textContent = explain(error);
      wrong.hidden = false;
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    accept();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) {
      // Some browsers submit a form with the Enter that ends a composition.
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    finish(true);
  });
  input.addEventListener("blur", () => {
    if (over) return;
    if (wrong.hidden) accept();
    else finish(false);
  });
  pick.hidden = true;
  pick.after(form);
  input.focus();
  input.select();
}
