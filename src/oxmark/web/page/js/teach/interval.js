// A share and its 95 % interval on the whole way from 0 to 100 %.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { percent } from "./format.js";

/** A bar with the point and the band; `scale` writes 0, 50 and 100 % under it. */
export function intervalBar({ share, low, high }, { scale = false } = {}) {
  const at = (value) => `${100 * value}%`;
  const band = h("span", { class: "band", style: { left: at(low), width: at(Math.max(high - low, 0.004)) } });
  const point = h("span", { class: "point", style: { left: at(share) } });
  return h(
    "div",
    {
      class: scale ? "interval scaled" : "interval",
      role: "img",
      "aria-label": t("teach.interval.label", sides({ share, low, high })),
    },
    h("span", { class: "track" }, band, point),
    scale &&
      h(
        "span",
        { class: "scale", "aria-hidden": "true" },
        [0, 0.5, 1].map((value) => h("span", null, percent(value))),
      ),
  );
}

/** The figures for a sentence. */
export function sides({ share, low, high }) {
  return { share: percent(share), low: percent(low), high: percent(high) };
}
