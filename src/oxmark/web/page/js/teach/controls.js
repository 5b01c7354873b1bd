// What sets a knob: a slider with its number, a choice, a switch.
//
// const control = CONTROLS[knob.kind](knob, id, put); control.element, control.put(value), control.focus()

import { h } from "../dom.js";
import { number, pair, t } from "../i18n.js";
import { isTogether } from "./composing.js";

export const CONTROLS = {
  integer: numberControl,
  number: numberControl,
  choice: choiceControl,
  switch: switchControl,
};

/** A slider and the number beside it. */
function numberControl(knob, id, put) {
  const limits = {
    min: knob.minimum,
    max: knob.maximum,
    step: knob.step ?? (knob.kind === "integer" ? 1 : "any"),
  };
  const slider = h("input", {
    type: "range",
    ...limits,
    "aria-label": pair(knob.title),
    "aria-describedby": `${id}-about`,
    oninput: () => {
      field.value = slider.value;
      put(Number(slider.value));
    },
  });
  const field = h("input", {
    type: "number",
    id,
    ...limits,
    "aria-describedby": `${id}-about`,
    inputmode: knob.kind === "integer" ? "numeric" : "decimal",
  });
  field.addEventListener("input", (event) => {
    if (isTogether(event) || field.value === "" || !field.checkValidity()) return;
    slider.value = field.value;
    put(Number(field.value));
  });
  field.addEventListener("change", () => {
    const value = clamped(knob, Number(field.value));
    field.value = value;
    slider.value = value;
    put(value);
  });
  const unit = unitOf(knob);
  return {
    element: h(
      "div",
      { class: "knob-set" },
      h("div", { class: "slider" }, slider, ends(knob)),
      h(
        "span",
        { class: "with-unit" },
        field,
        unit && h("span", { class: "unit quiet", "aria-hidden": "true" }, unit),
      ),
    ),
    put: (value) => {
      slider.value = value;
      field.value = value;
    },
    focus: () => field.focus(),
  };
}

function choiceControl(knob, id, put) {
  const select = h(
    "select",
    { id, "aria-describedby": `${id}-about`, onchange: () => put(select.value) },
    knob.choices.map((one) => h("option", { value: one }, choiceWord(one))),
  );
  return {
    element: h("div", { class: "knob-set" }, select),
    put: (value) => {
      select.value = value;
    },
    focus: () => select.focus(),
  };
}

function switchControl(knob, id, put) {
  const box = h("input", {
    type: "checkbox",
    role: "switch",
    class: "toggle",
    id,
    "aria-describedby": `${id}-about`,
    onchange: () => put(box.checked),
  });
  return {
    element: h("div", { class: "knob-set" }, box),
    put: (value) => {
      box.checked = value;
    },
    focus: () => box.focus(),
  };
}

function clamped(knob, value) {
  if (!Number.isFinite(value)) return knob.minimum;
  const inside = Math.min(knob.maximum, Math.max(knob.minimum, value));
  return knob.kind === "integer" ? Math.round(inside) : inside;
}

const UNITS = { rotation: "°", shear: "°", thickness: "px" };

function unitOf(knob) {
  return UNITS[knob.name] ?? "";
}

function choiceWord(choice) {
  const key = `teach.choice.${choice}`;
  const words = t(key);
  return words === key ? choice : words;
}

export function shown(knob, value) {
  if (knob.kind === "switch") return t(value ? "teach.on" : "teach.off");
  if (knob.kind === "choice") return choiceWord(value);
  const unit = unitOf(knob);
  return [number(value, { maximumFractionDigits: 6 }), unit]
    .filter(Boolean)
    .join(unit === "°" ? "" : "\u00a0");
}

function ends(knob) {
  return h(
    "div",
    { class: "ends", "aria-hidden": "true" },
    [knob.minimum, knob.maximum].map((value) => h("span", null, shown(knob, value))),
  );
}
