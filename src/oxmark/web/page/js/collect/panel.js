// "What the doctor says": every finding with why, cure and the pictures that it concerns.

import { fill, h, icon } from "../dom.js";
import { onLanguage, pair, t } from "../i18n.js";
import { onProject, project } from "../store.js";
import { doctor, findPicture, onFindings, seenPicture } from "./doctor.js";
import { pictureImage } from "./image.js";
import { showPicture } from "./picture.js";
import { thumbnail } from "./state.js";

const MOST_SHOWN = 12;

export class DoctorPanel {
  constructor() {
    this.state = h("p", { class: "quiet doctor-state", role: "status" });
    this.list = h("ul", { class: "findings" });
    this.element = h(
      "section",
      { class: "doctor", "aria-labelledby": "doctor-title" },
      h(
        "div",
        { class: "doctor-head" },
        h("h2", { id: "doctor-title", "data-t": "collect.doctor" }),
        this.state,
      ),
      this.list,
    );
    this.shown = "";
    onFindings(() => this.update());
    onProject(() => this.#age());
    onLanguage(() => {
      this.shown = "";
      this.update();
    });
  }

  /** What was found before the pictures changed is shown as what it is until it is looked at again. */
  #age() {
    const old = doctor().state === "running" || this.counts !== counts();
    this.list.classList.toggle("old", old);
    this.list.setAttribute("aria-busy", String(old));
  }

  update() {
    const { state, sentence, error, findings } = doctor();
    this.element.hidden = !project.data?.pictures && findings.length === 0;
    const words = state === "running" ? t("collect.doctor_running") : (error ?? pair(sentence));
    if (this.state.dataset.words !== words + state) {
      this.state.dataset.words = words + state;
      fill(
        this.state,
        state === "running" && h("span", { class: "spinner", "aria-hidden": "true" }),
        h("span", null, words),
      );
    }
    if (state !== "running") this.counts = counts();
    this.#age();
    const now = JSON.stringify(findings);
    if (now === this.shown) return;
    this.shown = now;
    const open = new Set([...this.list.querySelectorAll("details[open]")].map((one) => one.dataset.code));
    fill(
      this.list,
      findings.map((finding) => h("li", null, findingView(finding, open.has(finding.code)))),
    );
  }
}

/** How many pictures the classes have. */
function counts() {
  return (project.data?.classes ?? []).map((one) => one.count).join();
}

function findingView(finding, open) {
  const ids = finding.pictures.slice(0, MOST_SHOWN);
  const rest = finding.pictures.length - ids.length;
  const unreadable = finding.code === "unreadable";
  return h(
    "details",
    { class: `finding ${finding.severity}`, "data-code": finding.code, open },
    h(
      "summary",
      null,
      icon(finding.severity),
      h(
        "span",
        null,
        h("span", { class: "severity" }, t(`collect.severity_${finding.severity}`)),
        " ",
        h("span", { class: "what" }, pair(finding.what)),
      ),
      icon("expand"),
    ),
    h(
      "div",
      { class: "finding-more" },
      h("p", null, pair(finding.why)),
      h("p", { class: "cure" }, h("strong", null, `${t("collect.cure")} `), pair(finding.cure)),
      ids.length > 0 &&
        h(
          "ul",
          { class: "concerned", "aria-label": t("collect.concerned") },
          ids.map((id, index) =>
            h(
              "li",
              null,
              h(
                "button",
                {
                  type: "button",
                  class: "thumb-button",
                  "aria-label": t("collect.concerned_one", { place: index + 1 }),
                  onclick: () => openPicture(id),
                },
                pictureImage(
                  thumbnail(id),
                  { unreadable: unreadable || seenPicture(id)?.unreadable },
                  { class: "thumb" },
                ),
              ),
            ),
          ),
          rest > 0 && h("li", { class: "quiet rest" }, t("collect.and_more", { count: rest })),
        ),
    ),
  );
}

async function openPicture(id) {
  const picture = await findPicture(id);
  if (picture) showPicture(picture);
}

/** The findings about one picture, in words. */
export function findingList(findings) {
  return h(
    "ul",
    { class: "findings of-picture" },
    findings.map((finding) =>
      h(
        "li",
        { class: `finding ${finding.severity}` },
        h(
          "p",
          { class: "finding-head" },
          icon(finding.severity),
          h(
            "span",
            null,
            h("span", { class: "severity" }, t(`collect.severity_${finding.severity}`)),
            " ",
            pair(finding.what),
          ),
        ),
        h("p", { class: "quiet" }, pair(finding.why)),
        h("p", { class: "quiet" }, h("strong", null, `${t("collect.cure")} `), pair(finding.cure)),
      ),
    ),
  );
}
