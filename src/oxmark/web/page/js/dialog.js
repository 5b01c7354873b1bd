// Dialogs in the middle of the page.
//
// const box = dialog({title: "...", body: [nodes], actions: [nodes], wide: false, onClose: fn});
// box.close(); box.element. Escape, the cross and a press beside it close it, too. The focus goes to the
// element with autofocus, else to the first field or button, and back to where it was. What lies behind a
// dialog cannot be pressed or heard; so messages come into it while it is open.

import { h, icon } from "./dom.js";
import { focusOn } from "./focus.js";
import { t } from "./i18n.js";

let count = 0;
const messages = ["toasts", "spoken"].map((id) => document.getElementById(id));

export function dialog({ title, body, actions = [], wide = false, className = "", onClose = () => {} }) {
  const id = `dialog-${++count}`;
  const element = h(
    "dialog",
    { class: `dialog ${wide ? "wide" : ""} ${className}`, "aria-labelledby": id },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id }, title),
      h(
        "button",
        { type: "button", class: "plain round", "aria-label": t("shell.close"), onclick: close },
        icon("close"),
      ),
    ),
    h("div", { class: "dialog-body" }, body),
    actions.length > 0 && h("div", { class: "dialog-actions" }, actions),
  );
  const before = document.activeElement;
  function close() {
    element.close();
  }
  element.addEventListener("close", () => {
    (document.querySelector("dialog[open]") ?? document.body).append(...messages);
    element.remove();
    if (!document.querySelector("dialog[open]")) focusOn(before);
    else if (before?.isConnected) before.focus({ preventScroll: true });
    onClose();
  });
  element.addEventListener("pointerdown", (event) => {
    const frame = element.getBoundingClientRect();
    const inside =
      event.clientX >= frame.left &&
      event.clientX <= frame.right &&
      event.clientY >= frame.top &&
      event.clientY <= frame.bottom;
    if (event.target === element && !inside) close();
  });
  document.body.append(element);
  element.showModal();
  element.append(...messages);
  const wanted =
    element.querySelector("[autofocus]") ??
    element.querySelector(".dialog-body :is(input,select,button,a[href],textarea), .dialog-actions button");
  wanted?.focus();
  return { element, close };
}
