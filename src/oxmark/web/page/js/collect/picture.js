// One picture, large: who drew it, what the doctor says of it, move and delete.

import { api, explain } from "../api.js";
import { dialog } from "../dialog.js";
import { fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { classOf, project, refresh } from "../store.js";
import { toast } from "../toast.js";
import { findingsOf, forget } from "./doctor.js";
import { pictureImage } from "./image.js";
import { findingList } from "./panel.js";
import { forgetNewest } from "./state.js";
import { undoLast } from "./undo.js";

let count = 0;

/**
 * Show a picture; neighbours(picture, step) gives the next or previous one, or null; onClose(picture) gets
 * the one seen last.
 */
export function showPicture(picture, { neighbours = null, onGone = () => {}, onClose = () => {} } = {}) {
  const body = h("div", { class: "picture-view" });
  const box = dialog({
    title: t("collect.picture"),
    body,
    wide: true,
    className: "picture-dialog",
    onClose: () => onClose(picture),
  });
  function show(next) {
    picture = next;
    box.element.querySelector("h2").textContent = classOf(picture.class)?.name ?? t("collect.picture");
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    fill(body, view(picture, { go: neighbours && go, move, remove }));
    if (focused) body.querySelector(`[data-act=${focused}]`)?.focus();
  }
  async function go(step) {
    const next = await neighbours(picture, step);
    if (next) show(next);
  }
  async function leave(done) {
    const next = neighbours ? ((await neighbours(picture, 1)) ?? (await neighbours(picture, -1))) : null;
    if (!(await done(picture))) return;
    onGone(picture);
    if (next) show(next);
    else box.close();
  }
  const move = (classId) => leave((one) => movePicture(one, classId));
  const remove = () => leave(deletePicture);
  box.element.addEventListener("keydown", (event) => {
    if (event.target.matches("select, input") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (neighbours && event.key === "ArrowLeft") go(-1);
    else if (neighbours && event.key === "ArrowRight") go(1);
    else if (event.key === "Delete") remove();
    else return;
    event.preventDefault();
  });
  show(picture);
}

function view(picture, { go, move, remove }) {
  const findings = findingsOf(picture.id);
  const others = project.data.classes.filter((one) => one.id !== picture.class);
  const selectId = `move-${++count}`;
  const select = h(
    "select",
    { id: selectId, "data-act": "move", onchange: () => select.value && move(select.value) },
    h("option", { value: "" }, t("collect.move_choose")),
    others.map((one) => h("option", { value: one.id }, one.name)),
  );
  const fact = (name, value) => value && h("div", null, h("dt", null, t(name)), h("dd", null, value));
  return [
    h(
      "div",
      { class: "picture-large" },
      picture.unreadable
        ? h("p", { class: "unreadable" }, icon("warning"), picture.unreadable)
        : pictureImage(
            `/api/pictures/${picture.id}`,
            {},
            {
              class: "large",
              alt: t("collect.picture_of", { name: classOf(picture.class)?.name ?? "" }),
            },
          ),
      go &&
        h(
          "div",
          { class: "picture-steps" },
          h(
            "button",
            {
              type: "button",
              class: "plain round",
              "data-act": "previous",
              "aria-label": t("collect.previous"),
              onclick: () => go(-1),
            },
            icon("left"),
          ),
          h(
            "button",
            {
              type: "button",
              class: "plain round",
              "data-act": "next",
              "aria-label": t("collect.next"),
              onclick: () => go(1),
            },
            icon("right"),
          ),
        ),
    ),
    h(
      "div",
      { class: "picture-side" },
      h(
        "dl",
        { class: "facts" },
        fact("collect.fact_hand", picture.hand ?? t("collect.hand_unknown")),
        fact("collect.fact_size", picture.width ? `${picture.width} × ${picture.height}` : null),
        fact("collect.fact_part", picture.part),
        fact("collect.fact_file", picture.file),
      ),
      h(
        "div",
        { class: "picture-acts" },
        others.length > 0 &&
          h("div", { class: "field" }, h("label", { for: selectId }, t("collect.move_to")), select),
        h(
          "button",
          { type: "button", class: "button danger", "data-act": "delete", onclick: remove },
          icon("trash"),
          t("collect.delete_picture"),
        ),
      ),
      findings.length > 0 &&
        h("div", { class: "picture-findings" }, h("h3", null, t("collect.noticed")), findingList(findings)),
    ),
  ];
}

/** Delete a picture; true if it is gone. */
export function deletePicture(picture) {
  return change(
    picture,
    () => api.send("DELETE", `/api/pictures/${picture.id}`),
    t("collect.picture_deleted", { name: classOf(picture.class)?.name ?? "" }),
  );
}

/** Move a picture to another class; true if it is there. */
export function movePicture(picture, classId) {
  return change(
    picture,
    () => api.send("PATCH", `/api/pictures/${picture.id}`, { class: classId }),
    t("collect.picture_moved", { name: classOf(classId)?.name ?? "" }),
    classId,
  );
}

async function change(picture, send, done, target = null) {
  try {
    await send();
  } catch (error) {
    toast(explain(error), { kind: "error" });
    return false;
  }
  forget();
  forgetNewest(picture.class);
  if (target) forgetNewest(target);
  toast(done, { key: "saved", action: t("collect.undo"), onAction: () => undoLast(null) });
  await refresh().catch(() => null);
  return true;
}
