// Classes are dragged into another order by their grip, with mouse, pen or finger.

import { isFocusLost } from "../focus.js";

export function dragToOrder(list, onOrder) {
  let dragged = null;

  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(".grip");
    if (!grip || event.button !== 0) return;
    event.preventDefault();
    const card = grip.closest(".card");
    dragged = {
      card,
      pointer: event.pointerId,
      before: order(list),
      focused: document.activeElement,
      x: event.clientX,
      y: event.clientY,
      left: card.offsetLeft,
      top: card.offsetTop,
    };
    grip.setPointerCapture(event.pointerId);
    card.classList.add("dragged");
  });

  list.addEventListener("pointermove", (event) => {
    if (!dragged || event.pointerId !== dragged.pointer) return;
    const { card } = dragged;
    const over = cardAt(list, card, event.clientX, event.clientY);
    if (over) {
      const later = [...list.children].indexOf(card) < [...list.children].indexOf(over);
      if (later) over.after(card);
      else over.before(card);
    }
    const x = event.clientX - dragged.x + dragged.left - card.offsetLeft;
    const y = event.clientY - dragged.y + dragged.top - card.offsetTop;
    card.style.transform = `translate(${x}px, ${y}px)`;
  });

  function drop(event, keep) {
    if (!dragged || event.pointerId !== dragged.pointer) return;
    const { card, before, focused } = dragged;
    dragged = null;
    card.classList.remove("dragged");
    card.style.transform = "";
    const after = order(list);
    if (keep && after.join() !== before.join()) onOrder(after);
    else for (const id of before) list.append([...list.children].find((one) => one.dataset.class === id));
    if (!isFocusLost()) return;
    const to = list.contains(focused) ? focused : card.querySelector(".pick");
    to.focus({ preventScroll: true, focusVisible: false });
  }
  list.addEventListener("pointerup", (event) => drop(event, true));
  list.addEventListener("pointercancel", (event) => drop(event, false));
}

function order(list) {
  return [...list.children].map((card) => card.dataset.class);
}

/** The other card whose middle part the pointer is in. */
function cardAt(list, dragged, x, y) {
  return [...list.children].find((card) => {
    if (card === dragged) return false;
    const frame = card.getBoundingClientRect();
    const margin = Math.min(frame.height, dragged.offsetHeight) / 4;
    return x > frame.left && x < frame.right && y > frame.top + margin && y < frame.bottom - margin;
  });
}
