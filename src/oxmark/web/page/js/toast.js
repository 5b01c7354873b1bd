// Short messages at the foot of the page, at most three at once.
//
// toast("Saved in O.", {action: "Undo", onAction: fn, kind: "done", key: "saved"})
//   kind: "done" (default), "warning" or "error"; key: a later toast with the same key takes its place;
//   seconds: how long it stays (8; errors 12). It waits while the pointer or the focus is on it.
// Returns a function that takes it away. If it has the focus then, that goes back to where it was.

import { h, icon } from "./dom.js";
import { focusOn } from "./focus.js";
import { t } from "./i18n.js";

const MOST = 3;
const SECONDS = { done: 8, warning: 10, error: 12 };
const ICONS = { done: "check", warning: "warning", error: "error" };

export function toast(text, { action, onAction, kind = "done", key = null, seconds = SECONDS[kind] } = {}) {
  const place = document.getElementById("toasts");
  const same = key && [...place.children].find((one) => one.dataset.key === key);
  const element = h(
    "div",
    { class: `toast ${kind}`, "data-key": key },
    icon(ICONS[kind]),
    h("p", null, text),
    action &&
      h(
        "button",
        {
          type: "button",
          class: "link",
          onclick: () => {
            close();
            onAction();
          },
        },
        action,
      ),
    h(
      "button",
      { type: "button", class: "plain round small", "aria-label": t("shell.close"), onclick: close },
      icon("close"),
    ),
  );
  let timer = 0;
  let before = null;
  element.addEventListener("focusin", ({ relatedTarget }) => {
    if (!place.contains(relatedTarget)) before = relatedTarget;
  });
  element.addEventListener("leave", close);
  function close() {
    const focused = element.contains(document.activeElement);
    clearTimeout(timer);
    element.remove();
    if (focused) focusOn(before);
  }
  function wait() {
    clearTimeout(timer);
    timer = setTimeout(() => (element.matches(":hover, :focus-within") ? wait() : close()), seconds * 1000);
  }
  same?.dispatchEvent(new Event("leave"));
  while (place.children.length >= MOST) place.firstElementChild.dispatchEvent(new Event("leave"));
  place.append(element);
  wait();
  return close;
}
