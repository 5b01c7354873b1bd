// One picture in an opened class: thumbnail, hand, the doctor's badge, delete.

import { fill, h, icon } from "../dom.js";
import { language, pair, t } from "../i18n.js";
import { classOf } from "../store.js";
import { findingsOf, worstOf } from "./doctor.js";
import { pictureImage } from "./image.js";
import { thumbnail } from "./state.js";

export class Tile {
  constructor({ open, remove }) {
    this.frame = h("span", { class: "tile-frame" });
    this.words = h("span", { class: "sr" });
    this.open = h(
      "button",
      { type: "button", class: "tile-open", tabindex: "-1", onclick: () => open(this.picture) },
      this.frame,
      this.words,
    );
    this.badge = h("span", { class: "tile-badge", "aria-hidden": "true" });
    this.hand = h("span", { class: "tile-hand" });
    this.delete = h(
      "button",
      { type: "button", class: "tile-delete", tabindex: "-1", onclick: () => remove(this.picture) },
      icon("trash"),
    );
    this.element = h("li", { class: "tile" }, this.open, this.delete, this.badge, this.hand);
  }

  update(picture, index) {
    const findings = findingsOf(picture.id);
    const name = classOf(picture.class)?.name ?? "";
    const now = [picture, index, findings, name, language()];
    if (now.every((one, place) => one === this.shown?.[place])) return; // thousands of tiles, few that change
    this.shown = now;
    if (picture.id !== this.picture?.id) {
      fill(this.frame, pictureImage(thumbnail(picture.id), picture));
    }
    this.picture = picture;
    this.element.dataset.picture = picture.id;
    const worst = picture.unreadable ? "error" : worstOf(findings);
    this.said = findings.map(
      (finding) => `${t(`collect.severity_${finding.severity}`)} ${pair(finding.what)}`,
    );
    if (picture.unreadable) this.said.unshift(picture.unreadable);
    this.words.textContent = [t("collect.tile", { name, place: index + 1 }), picture.hand, ...this.said]
      .filter(Boolean)
      .join(". ");
    this.hand.textContent = picture.hand ?? t("collect.hand_unknown");
    this.delete.setAttribute("aria-label", t("collect.delete_tile", { name, place: index + 1 }));
    this.delete.title = t("collect.delete_picture");
    this.element.classList.toggle("found", Boolean(worst));
    this.badge.hidden = !worst;
    this.badge.className = `tile-badge ${worst ?? ""}`;
    fill(this.badge, worst && icon(worst));
  }
}
