// A menu that opens at a button.
//
// openMenu(button, [{icon: "pen", text: "Rename", shown: "F2", danger: false, disabled: false, run: fn}])
// Arrows, Home and End move, Escape and Tab close it; the focus goes back to the button. When the page is
// scrolled it stays with its button, and closes where that leaves the window.

import { h, icon } from "./dom.js";

let open = null;

export function openMenu(button, items) {
  const again = open?.button === button;
  open?.close(true);
  if (again) return;
  const choices = items.map((item) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        tabindex: "-1",
        class: item.danger ? "danger" : null,
        disabled: Boolean(item.disabled),
        onclick: () => {
          close(true);
          item.run();
        },
      },
      icon(item.icon),
      h("span", null, item.text),
      item.shown && h("kbd", { "aria-hidden": "true" }, item.shown),
    ),
  );
  const element = h(
    "div",
    { class: "menu", role: "menu", "aria-label": button.getAttribute("aria-label"), onkeydown: onKey },
    choices,
  );
  const usable = choices.filter((one) => !one.disabled);

  function onKey(event) {
    const at = usable.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) usable.at(to % usable.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  function beside(event) {
    if (!element.contains(event.target) && !button.contains(event.target)) close(false);
  }
  function leave() {
    close(true);
  }
  function follow() {
    const at = button.getBoundingClientRect();
    if (at.bottom < 0 || at.top > innerHeight) close(true);
    else place(element, at);
  }
  function close(back) {
    element.remove();
    open = null;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", beside, true);
    removeEventListener("scroll", follow, true);
    removeEventListener("resize", leave);
    if (back) button.focus({ preventScroll: true });
  }

  document.getElementById("main").append(element);
  place(element, button.getBoundingClientRect());
  button.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", beside, true);
  addEventListener("scroll", follow, true);
  addEventListener("resize", leave);
  open = { button, close };
  usable[0]?.focus({ preventScroll: true });
}

function place(element, at) {
  const { width, height } = element.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.right - width, innerWidth - width - 8));
  const below = at.bottom + 6 + height < innerHeight;
  element.style.left = `${left}px`;
  element.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - height - 6)}px`;
}
