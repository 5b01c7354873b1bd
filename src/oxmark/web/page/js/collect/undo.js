// Z: first the last stroke on the paper, then a drawing that is not sent yet, then the last thing saved.

import { api, explain } from "../api.js";
import { pair, t } from "../i18n.js";
import { project, refresh } from "../store.js";
import { toast } from "../toast.js";
import { onSaving, settled, takeBack } from "./saving.js";
import { forgetNewest } from "./state.js";

const MOST_KEPT = 50;
const drawn = []; // what was saved from the paper, to put it back on it: {undo, kept, classId}
let pad = null;
let underway = false;

export function setPad(one) {
  pad = one;
}

onSaving(({ type, item, undo }) => {
  if (type !== "saved" || !undo) return;
  drawn.push({ undo: JSON.stringify(undo), kept: item.kept, classId: item.classId });
  if (drawn.length > MOST_KEPT) drawn.shift();
});

/** Undo; with a pad given its strokes come first. */
export async function undoLast(first) {
  if (first?.undo()) return;
  const unsent = pad.isEmpty() ? takeBack() : null;
  if (unsent) {
    pad.restore(unsent.kept);
    return;
  }
  if (underway) return;
  underway = true;
  try {
    await settled();
    await undoSaved();
  } finally {
    underway = false;
  }
}

async function undoSaved() {
  await refresh().catch(() => null);
  const next = JSON.stringify(project.data?.undo ?? null);
  let answer;
  try {
    answer = await api.send("POST", "/api/undo");
  } catch (error) {
    toast(explain(error), { key: "undo", kind: error.code === "nothing_to_undo" ? "done" : "error" });
    return;
  }
  const own = drawn.at(-1)?.undo === next ? drawn.pop() : null;
  for (const one of project.data?.classes ?? []) forgetNewest(one.id);
  toast(pair(answer.done), {
    key: "saved",
    action: own && t("collect.back_on_pad"),
    onAction: () => pad.restore(own.kept),
  });
  await refresh().catch(() => null);
}
