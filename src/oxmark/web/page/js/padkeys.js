// Drawing with the keyboard: while the pad has the focus the arrow keys move the pen (two at once:
// slantwise; with Shift: slowly), Enter puts it down and lifts it.

const SIDE = 560;
const STEP = 10;
const SPEED = 0.28; // of the paper's units in a millisecond
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export function followKeys(pad) {
  const { canvas } = pad;
  const held = new Map();
  let place = { x: SIDE / 2, y: SIDE / 2 };
  let slow = false;
  let frame = 0;
  let last = 0;

  function tell() {
    canvas.dispatchEvent(
      new CustomEvent("pen", { detail: { ...place, down: Boolean(pad.stroke), side: SIDE } }),
    );
  }
  function move(distance) {
    let x = 0;
    let y = 0;
    for (const [dx, dy] of held.values()) {
      x += dx;
      y += dy;
    }
    const length = Math.hypot(x, y);
    if (!length) return;
    const far = (distance / length) * (slow ? 0.3 : 1);
    place = { x: clamp(place.x + x * far), y: clamp(place.y + y * far) };
    if (pad.stroke && pad.pointer === null) pad.extend(place.x, place.y);
    tell();
  }
  function run(now) {
    if (last) move((now - last) * SPEED);
    last = now;
    frame = held.size ? requestAnimationFrame(run) : 0;
  }
  function start() {
    if (frame) return;
    last = 0;
    frame = requestAnimationFrame(run);
  }
  function toggle() {
    if (pad.pointer !== null || !pad.enabled) return;
    if (pad.stroke) pad.end();
    else pad.begin(place.x, place.y);
    tell();
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    slow = event.shiftKey;
    if (event.key === "Enter" && !event.repeat) toggle();
    else if (event.key in ARROWS && !held.has(event.key)) {
      held.set(event.key, ARROWS[event.key]);
      move(STEP);
      start();
    } else if (event.key !== "Enter" && !(event.key in ARROWS)) return;
    event.preventDefault();
  });
  canvas.addEventListener("keyup", (event) => held.delete(event.key));
  canvas.addEventListener("focus", tell);
  canvas.addEventListener("blur", () => {
    held.clear();
    if (pad.stroke && pad.pointer === null) pad.end();
  });
}

function clamp(value) {
  return Math.min(SIDE, Math.max(0, value));
}
