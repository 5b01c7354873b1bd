// The second place: teach a network with the pictures, see how it goes, and keep what came of it.

import { explain } from "./api.js";
import { fill, h, say } from "./dom.js";
import { on } from "./events.js";
import { onLanguage, pair, t } from "./i18n.js";
import { onProject, project } from "./store.js";
import { Compare } from "./teach/compare.js";
import { Knobs } from "./teach/knobs.js";
import { RunList } from "./teach/list.js";
import { readyPanel } from "./teach/ready.js";
import { failedPanel, resultPanel } from "./teach/result.js";
import { Running } from "./teach/running.js";
import { onRuns, refreshRuns, runOf, runs } from "./teach/runs.js";
import { isBusy, onTeaching, readTeaching, resume, start, stop, teaching } from "./teach/state.js";
import { toast } from "./toast.js";
import { quietly } from "./teach/quietly.js";

let view = null;

export function mount(section) {
  view = new Teach();
  section.append(view.element);
}

export function show() {
  view.show();
}

export function hide() {
  view.hide();
}

class Teach {
  constructor() {
    this.problem = null; // of the last attempt to start
    this.left = null; // the run whose failure was put aside
    this.asked = false; // for a start
    this.state = null;
    this.visible = false;
    this.panel = h("div", { class: "panel-place", tabindex: -1, "data-home": "" });
    this.knobs = new Knobs();
    this.running = new Running({ stop: () => this.#stop() });
    this.list = new RunList({ compare: new Compare() });
    this.element = h("div", { class: "teach" }, this.panel, this.knobs.element, this.list.element);
    onProject(() => this.#render());
    onRuns(() => this.#render());
    onTeaching((data) => this.#follow(data));
    onLanguage(() => this.#translate());
    on("online", () => quietly(this.knobs.load()));
    this.running.translate();
  }

  show() {
    this.visible = true;
    for (const read of [readTeaching, refreshRuns]) quietly(read());
    if (!this.knobs.offer) quietly(this.knobs.load());
    this.knobs.show();
  }

  hide() {
    this.visible = false;
    this.knobs.hide();
  }

  #translate() {
    this.running.translate();
    this.knobs.render();
    this.#render();
  }

  #follow(data) {
    const before = this.state;
    this.state = data.state;
    if (isBusy(data)) this.problem = null;
    if (before && data.state === "starting" && before !== "starting") {
      quietly(refreshRuns()); // a run that is gone on with is none now
    }
    if (before && before !== data.state && isBusy({ state: before })) this.#ended(data);
    this.#render();
  }

  #ended({ state, run }) {
    if (state === "failed") say(t("teach.failed.title"));
    if (state !== "done" && state !== "stopped") return;
    quietly(refreshRuns().then(() => this.#tell(pair(runOf(run)?.verdict?.[0]) || t("teach.state.done"))));
  }

  #tell(sentence) {
    if (this.visible) say(sentence);
    else {
      const go = () => {
        location.hash = "#teach";
      };
      toast(t("teach.state.done"), { action: t("teach.see"), onAction: go });
    }
  }

  #render() {
    this.list.render();
    if (!project.data || !teaching.data) return;
    const kind = this.#kind();
    if (this.kind !== kind) {
      this.panel.classList.remove("enter");
      void this.panel.offsetWidth; // begin the motion again
      this.panel.classList.add("enter");
    }
    if (kind === "running") {
      if (this.kind !== kind) fill(this.panel, this.running.element);
      this.running.show(teaching.data);
    } else this.#put(this.#panel(kind), kind);
    this.kind = kind;
  }

  #kind() {
    const data = teaching.data;
    if (isBusy(data)) return "running";
    if (data.state === "failed" && this.left !== data.run) return "failed";
    if ((data.state === "done" || data.state === "stopped") && runs.data && runOf(data.run)) return "result";
    return "ready";
  }

  #panel(kind) {
    const data = teaching.data;
    const acts = { teach: () => this.#begin(() => start(this.knobs.body())), problem: this.problem };
    if (kind === "failed")
      return failedPanel(data, {
        ...acts,
        goOn: () => this.#begin(() => resume(data.run)),
        leave: () => this.#leave(data.run),
      });
    if (kind === "result")
      return resultPanel(runOf(data.run), { ...acts, stopped: data.state === "stopped" });
    return readyPanel(project.data, { ...acts, again: (runs.data?.runs ?? []).some((run) => !run.builtin) });
  }

  /** A panel that says the same is left alone, so that the focus stays where it is. */
  #put(panel, kind) {
    const now = this.panel.firstElementChild;
    if (now && this.kind !== "running" && now.isEqualNode(panel)) return;
    const focused = this.panel.contains(document.activeElement) && document.activeElement.className;
    fill(this.panel, panel);
    if (focused === false) return;
    const same =
      this.kind === kind && [...panel.querySelectorAll("button, a")].find((one) => one.className === focused);
    (same || this.panel).focus({ preventScroll: true });
  }

  async #begin(act) {
    if (this.asked) return;
    this.asked = true;
    this.problem = null;
    try {
      await act();
      this.panel.scrollIntoView({ block: "nearest" });
      this.running.stopButton.focus({ preventScroll: true });
    } catch (error) {
      if (error.code === "already_teaching") quietly(readTeaching());
      else this.problem = error;
      this.#render();
    } finally {
      this.asked = false;
    }
  }

  async #stop() {
    try {
      await stop();
    } catch (error) {
      toast(explain(error), { kind: "error" });
    }
  }

  #leave(run) {
    this.left = run;
    this.#render();
    this.panel.querySelector("button, a")?.focus();
  }
}
