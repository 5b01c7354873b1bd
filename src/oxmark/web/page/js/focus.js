// Where the focus goes when what had it is gone.
//
// focusOn(element)   it, if it is still there and shown; else the place that is shown
// focusPlace()       the paper, the title or the panel of the place that is shown: the first with data-home;
//                    in a dialog its first button

export function focusOn(element) {
  if (element && element !== document.body && isShown(element)) element.focus({ preventScroll: true });
  if (document.activeElement !== element || element === document.body) focusPlace();
}

export function focusPlace() {
  const box = [...document.querySelectorAll("dialog[open]")].at(-1);
  if (box) {
    box.querySelector("button").focus();
    return;
  }
  const homes = [...document.querySelectorAll(".place:not([hidden]) [data-home]")];
  (homes.find(isShown) ?? document.getElementById("main")).focus({ preventScroll: true });
}

/** Nothing on the page has the focus. */
export function isFocusLost() {
  return !document.activeElement || document.activeElement === document.body;
}

function isShown(element) {
  return element.isConnected && element.getClientRects().length > 0;
}
