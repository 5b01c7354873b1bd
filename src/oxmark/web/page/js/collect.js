// Collect: draw the pictures, class by class, or bring them along.

import { h } from "./dom.js";
import { shortcuts } from "./keys.js";
import { classOf, onProject, project } from "./store.js";
import { Bring } from "./collect/bring.js";
import { Classes } from "./collect/classes.js";
import { Desk } from "./collect/desk.js";
import { follow as followDoctor } from "./collect/doctor.js";
import { Hints } from "./collect/hints.js";
import { Opened } from "./collect/opened.js";
import { DoctorPanel } from "./collect/panel.js";
import { changed, choose, follow, onState, state } from "./collect/state.js";
import { setPad, undoLast } from "./collect/undo.js";

let shown = false;
let parts = null;
let wanted = [];

export function mount(section) {
  const bring = new Bring(section, { active: () => shown, invite });
  const classes = new Classes({
    pick: (id) => (state.hasInk ? desk.saveTo(id) : choose(id)),
    open: (id) => {
      location.hash = `#collect/class/${id}`;
    },
    files: (id) => bring.choose(id),
  });
  const desk = new Desk({
    prompt: new Hints().element,
    landing: (id) => classes.card(id)?.landing(),
    invite,
  });
  const opened = new Opened({ onFiles: (id) => bring.choose(id) });
  const side = h("div", { class: "side" }, classes.element, bring.element, new DoctorPanel().element);
  const table = h("div", { class: "table" }, desk.element, side);
  section.append(table, opened.element, bring.tray.element, bring.over);
  setPad(desk.pad);
  desk.pad.canvas.addEventListener("pointerdown", () => bring.tray.giveWay());
  parts = { classes, desk, opened, table };
  shortcuts("collect", keys(desk));
  onProject((data) => {
    section.classList.toggle("beginning", data.classes.length === 0);
    route();
  });
  onState(() => section.classList.toggle("inking", state.hasInk));
  follow();
  followDoctor();
}

export function show(rest) {
  shown = true;
  wanted = rest;
  route();
}

export function hide() {
  shown = false;
}

/** "class/ID" opens a class, anything else shows the paper. */
function route() {
  if (!shown || !project.data) return;
  const id = wanted[0] === "class" && classOf(wanted[1]) ? wanted[1] : null;
  if (id === state.opened) return;
  const before = state.opened;
  state.opened = id;
  parts.table.hidden = Boolean(id);
  parts.opened.element.hidden = !id;
  if (id) {
    choose(id);
    parts.opened.open(id);
  } else {
    changed();
    parts.classes.card(before)?.strip.focus({ preventScroll: true });
  }
}

function invite() {
  if (project.data) parts.classes.add.focus();
}

function keys(desk) {
  const drawing = (run) => (event) => {
    if (!state.opened) run(event);
  };
  return [
    {
      codes: [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((digit) => [`Digit${digit}`, `Numpad${digit}`]),
      shown: ["1", "…", "9"],
      about: "collect.key_class",
      run: drawing((event) => {
        const one = project.data?.classes[Number(event.code.at(-1)) - 1];
        if (!one) return;
        if (state.hasInk) desk.saveTo(one.id);
        else choose(one.id);
      }),
    },
    {
      codes: ["Space"],
      shown: ["key.space"],
      about: "collect.key_save",
      run: drawing(() => desk.saveTo(state.chosen)),
    },
    {
      codes: ["KeyZ"],
      shown: ["Z"],
      about: "collect.key_undo",
      repeats: true,
      run: () => (state.opened ? undoLast(null) : desk.undo()),
    },
    { codes: ["KeyC"], shown: ["C"], about: "collect.key_clear", run: drawing(() => desk.clear()) },
    {
      codes: ["BracketLeft"],
      shown: ["["],
      about: "collect.key_thinner",
      repeats: true,
      run: drawing(() => desk.tools.widen(-1)),
    },
    {
      codes: ["BracketRight"],
      shown: ["]"],
      about: "collect.key_thicker",
      repeats: true,
      run: drawing(() => desk.tools.widen(1)),
    },
    {
      codes: ["Comma"],
      shown: [","],
      about: "collect.key_darker",
      run: drawing(() => desk.tools.lighten(-1)),
    },
    {
      codes: ["Period"],
      shown: ["."],
      about: "collect.key_lighter",
      run: drawing(() => desk.tools.lighten(1)),
    },
    { shown: ["key.arrows", "key.enter"], about: "collect.key_pen" },
    { shown: ["Alt", "↑ ↓"], about: "collect.key_order" },
    { shown: ["F2"], about: "collect.key_rename" },
    { shown: ["Del"], about: "collect.key_delete" },
  ];
}
