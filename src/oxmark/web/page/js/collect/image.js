// A picture of the project as an element. One that cannot be shown is a sign, not the browser's torn page.

import { h, icon } from "../dom.js";
import { on } from "../events.js";

const failed = new Set(); // not asked for again

export function pictureImage(src, { unreadable = null } = {}, attributes = {}) {
  if (unreadable || failed.has(src)) return sign(attributes);
  const image = h("img", {
    src,
    alt: "",
    loading: "lazy",
    decoding: "async",
    draggable: "false",
    ...attributes,
  });
  image.addEventListener(
    "error",
    () => {
      failed.add(src);
      image.replaceWith(sign(attributes));
    },
    { once: true },
  );
  return image;
}

on("online", () => failed.clear());

function sign({ class: name = "", "data-key": key = null, alt = "" }) {
  return h(
    "span",
    { class: `${name} broken`, "data-key": key, role: alt ? "img" : null, "aria-label": alt || null },
    icon("warning"),
  );
}
