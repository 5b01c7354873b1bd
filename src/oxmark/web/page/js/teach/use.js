// Put a run into use, and say so.

import { api, explain } from "../api.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";
import { runName } from "./format.js";
import { refreshRuns } from "./runs.js";

export async function useRun(run) {
  try {
    await api.send("POST", `/api/runs/${encodeURIComponent(run.id)}/use`);
    await refreshRuns();
    toast(t("teach.used", { name: runName(run) }), { key: "used" });
  } catch (error) {
    toast(explain(error), { kind: "error" });
  }
}
