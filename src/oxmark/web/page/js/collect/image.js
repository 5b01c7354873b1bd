// A picture of the project as an element. One that cannot be shown is a sign, not the browser's torn page.

import { h, icon } from "../dom.js";

export function pictureImage(src, { unreadable = null } = {}, attributes = {}) {
  if (unreadable) return sign(attributes);
  const image = h("img", {
    src,
    alt: "",
    loading: "lazy",
    decoding: "async",
    draggable: "false",
    ...attributes,
  });
  image.addEventListener("error", () => image.replaceWith(sign(attributes)), { once: true });
  return image;
}

function sign({ class: name = "", "data-key": key = null, alt = "" }) {
  return h(
    "span",
    { class: `${name} broken`, "data-key": key, role: alt ? "img" : null, "aria-label": alt || null },
    icon("warning"),
  );
}
