// Single keys as commands, and the list of them behind "?".
//
// shortcuts("collect", [{codes: ["KeyZ"], shown: ["Z"], about: "collect.key_undo", run: (event) => ...}])
//   codes: KeyboardEvent.code, the place of the key, so that they work with a Hangul layout, too; about: the
//   key of the sentence; run may be left out for keys that are handled elsewhere and only listed.
// They work while that place is shown, never with Ctrl, Alt or Meta, in a field or behind a dialog.

import { dialog } from "./dialog.js";
import { h, isTyping } from "./dom.js";
import { t } from "./i18n.js";

const known = [];
let shownPlace = null;

export function shortcuts(place, list) {
  known.push(...list.map((one) => ({ ...one, place })));
}

export function keysFor(place) {
  shownPlace = place;
}

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (document.querySelector("dialog[open], [role=menu]")) return;
    if (event.key === "?") {
      event.preventDefault();
      showKeys();
      return;
    }
    const found = known.find((one) => one.run && one.place === shownPlace && one.codes.includes(event.code));
    if (!found || (event.code === "Space" && isPressable(event.target))) return;
    event.preventDefault();
    if (!event.repeat || found.repeats) found.run(event);
  });
}

/** Space presses the button that has the focus. */
function isPressable(target) {
  return Boolean(target.closest("button, a[href], summary, [role=button], [role=slider], input"));
}

export function showKeys() {
  const rows = known
    .filter((one) => one.place === shownPlace)
    .concat([{ shown: ["?"], about: "shell.key_help" }]);
  dialog({
    title: t("shell.keys"),
    className: "keys",
    body: h(
      "dl",
      { class: "key-list" },
      rows.map((one) =>
        h(
          "div",
          null,
          h(
            "dt",
            null,
            one.shown.map((key) => h("kbd", null, key.startsWith("key.") ? t(`shell.${key}`) : key)),
          ),
          h("dd", null, t(one.about)),
        ),
      ),
    ),
  });
}
