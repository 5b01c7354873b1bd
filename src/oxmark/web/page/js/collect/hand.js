// Who is drawing: asked once, when the first drawing is to be saved, and changed at any time.

import { api, explain } from "../api.js";
import { dialog } from "../dialog.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { project, refresh } from "../store.js";
import { toast } from "../toast.js";

let asked = false;

/** The hand for a drawing that is to be saved now, as askHand gives it. */
export function handForSaving() {
  if (project.data.hand || asked) return Promise.resolve({ hand: project.data.hand, chosen: true });
  return askHand({ saving: true });
}

/** Ask; gives {hand, chosen}: chosen is false when the dialog was left without an answer. */
export function askHand({ saving = false } = {}) {
  return new Promise((resolve) => {
    let answer = { hand: project.data.hand, chosen: false };
    const input = h("input", {
      type: "text",
      id: "hand-name",
      autocomplete: "off",
      maxlength: "60",
      autofocus: true,
      spellcheck: "false",
      value: project.data.hand ?? "",
      "data-t-placeholder": "collect.hand_example",
    });
    const form = h(
      "form",
      {
        class: "field",
        onsubmit: (event) => {
          event.preventDefault();
          accept(input.value);
        },
      },
      h("label", { for: "hand-name" }, t("collect.hand_name")),
      input,
    );
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.isComposing) event.preventDefault();
    });
    const others = project.data.hands.filter((name) => name !== project.data.hand);
    const box = dialog({
      title: t("collect.hand_title"),
      body: [
        h("p", { class: "quiet" }, t("collect.hand_why")),
        form,
        others.length > 0 &&
          h(
            "div",
            { class: "chips", role: "group", "aria-label": t("collect.hand_known") },
            others
              .slice(0, 12)
              .map((name) =>
                h("button", { type: "button", class: "chip", onclick: () => accept(name) }, name),
              ),
          ),
      ],
      actions: [
        h("button", { type: "button", class: "button", onclick: () => accept("") }, t("collect.hand_skip")),
        h(
          "button",
          { type: "button", class: "button primary", onclick: () => accept(input.value) },
          t(saving ? "collect.hand_save" : "collect.hand_set"),
        ),
      ],
      onClose: () => resolve(answer),
    });
    input.select();
    async function accept(text) {
      const hand = text.normalize("NFC").trim() || null;
      asked = true;
      answer = { hand, chosen: true };
      box.close();
      await keep(hand);
    }
  });
}

async function keep(hand) {
  if (hand === project.data.hand) return;
  project.data.hand = hand;
  try {
    await api.send("PUT", "/api/hand", { hand });
    await refresh();
  } catch (error) {
    toast(explain(error), { kind: "warning" });
  }
}
