// Undo for a message that offers it: only what the message speaks of.

import { api, ApiError } from "../api.js";
import { t } from "../i18n.js";
import { refresh } from "../store.js";

/** Take back the last change, if it is still the one that the pair `expected` names; the server's answer. */
export async function takeBack(expected) {
  const { undo } = await refresh();
  if (JSON.stringify(undo) !== JSON.stringify(expected))
    throw new ApiError(409, "undo_other", t("teach.undo_other"));
  const answer = await api.send("POST", "/api/undo");
  await refresh();
  return answer;
}
