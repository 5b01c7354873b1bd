// Taking a model elsewhere: its file, a Keras file, its report, and the lines that use it.
//
// const share = new Share(); share.element; share.show(run, {used}); share.translate()

import { ApiError, explain } from "../api.js";
import { fill, h, icon, say } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";
import { fileName, runName } from "../teach/format.js";
import { browser, curl, javascript, python } from "./snippets.js";

const LANGUAGES = [
  { name: "Python", about: "try.share.python", lines: python },
  { name: "curl", about: "try.share.curl", lines: curl },
  { name: "JavaScript", about: "try.share.node", lines: javascript },
  { name: "JavaScript", about: "try.share.browser", lines: browser },
];

export class Share {
  constructor() {
    this.run = null;
    this.busy = false;
    this.refused = null; // why there is no Keras file
    this.body = h("div", { class: "share-body" });
    this.summary = h("span", { class: "quiet" });
    this.element = h(
      "details",
      { class: "more share" },
      h(
        "summary",
        null,
        icon("code"),
        h("span", { class: "more-title", "data-t": "try.share.title" }),
        this.summary,
        icon("expand"),
      ),
      this.body,
    );
  }

  show(run, { used }) {
    if (run?.id !== this.run?.id) this.refused = null;
    const key = JSON.stringify([run?.id, run?.name, run?.classes, used]);
    if (this.key === key) return;
    this.key = key;
    this.run = run;
    this.used = used;
    this.translate();
  }

  translate() {
    const { run } = this;
    this.summary.textContent = run ? runName(run) : "";
    this.element.hidden = !run;
    if (run) fill(this.body, this.#files(), this.#lines());
  }

  #files() {
    const { run } = this;
    const base = `/api/runs/${encodeURIComponent(run.id)}`;
    return h(
      "div",
      { class: "share-files" },
      h(
        "a",
        { class: "button", href: `${base}/model.onnx`, download: fileName(run, ".onnx") },
        icon("download"),
        h("span", null, t("try.share.model")),
      ),
      h(
        "button",
        { type: "button", class: "button", onclick: () => this.#keras(), disabled: this.busy },
        icon("download"),
        h("span", null, t(this.busy ? "try.share.keras_making" : "try.share.keras")),
      ),
      !run.builtin &&
        h(
          "a",
          { class: "button", href: `${base}/report`, target: "_blank", rel: "noopener" },
          icon("chart"),
          h("span", null, t("teach.result.report")),
        ),
      h(
        "p",
        { class: "quiet small share-note" },
        t("try.share.model_about", { file: fileName(run, ".onnx") }),
      ),
      this.refused &&
        h("p", { class: "problem", role: "alert" }, icon("error"), h("span", null, this.refused)),
    );
  }

  #lines() {
    const facts = { file: fileName(this.run, ".onnx"), classes: this.run.classes, origin: location.origin };
    return LANGUAGES.map(({ name, about, lines }) => {
      const text = lines(facts);
      const note = about === "try.share.curl" && !this.used ? "try.share.curl_other" : about;
      return h(
        "section",
        { class: "lines" },
        h(
          "div",
          { class: "lines-head" },
          h("h3", null, name),
          h("p", { class: "quiet small" }, t(note)),
          h(
            "button",
            {
              type: "button",
              class: "plain",
              "aria-label": t("try.share.copy_of", { name }),
              onclick: (event) => copy(text, event.currentTarget),
            },
            icon("copy"),
            h("span", null, t("try.share.copy")),
          ),
        ),
        h(
          "pre",
          { tabindex: 0, role: "region", "aria-label": `${name}: ${t(about)}` },
          h("code", null, text),
        ),
      );
    });
  }

  async #keras() {
    this.busy = true;
    this.refused = null;
    this.translate();
    try {
      save(await kerasFile(this.run), fileName(this.run, ".keras"));
    } catch (error) {
      this.refused = explain(error);
    } finally {
      this.busy = false;
      this.translate();
      this.body.querySelector("button").focus();
    }
  }
}

async function kerasFile(run) {
  const path = `/api/runs/${encodeURIComponent(run.id)}/model.keras`;
  const response = await fetch(path, { cache: "no-store" }).catch(() => null);
  if (!response) throw new ApiError(0, "offline", t("error.offline"));
  if (response.ok) return response.blob();
  const answer = await response.json().catch(() => ({}));
  throw new ApiError(
    response.status,
    answer.code ?? "unexpected",
    answer.error ?? t("error.unexpected", { status: response.status }),
  );
}

function save(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function copy(text, button) {
  const words = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(text);
    words.textContent = t("try.share.copied");
    say(t("try.share.copied"));
    setTimeout(() => {
      words.textContent = t("try.share.copy");
    }, 2000);
  } catch {
    toast(t("try.share.no_copy"), { kind: "warning" });
  }
}
