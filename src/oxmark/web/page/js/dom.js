// Making elements. Everything that comes from outside (names, files, sentences) becomes a text node.
//
// h("button", {class: "plain", type: "button", onclick: fn, "data-t": "collect.add"}, icon("plus"), "text")
//   on...: a listener; style: an object; true / false / null: attribute set / absent; value, checked and
//   indeterminate are set as properties. Children: nodes, texts, numbers, lists; null and false are left out.
// icon("undo")       an SVG that screen readers pass over; see icons.js for the names
// fill(element, ...children)   replace what is in it
// say("text")        tell it to a screen reader without showing it

import { translate } from "./i18n.js";
import { ICONS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "indeterminate", "disabled", "hidden", "srcObject"]);

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  append(element, children);
  if (Object.keys(attributes ?? {}).some((name) => name.startsWith("data-t"))) translate(element);
  return element;
}

function set(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") Object.assign(element.style, value);
  else if (PROPERTIES.has(name)) element[name] = value;
  else if (value === true) element.setAttribute(name, "");
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Is a person writing in a field, so that single keys are letters and not commands? */
export function isTyping(event) {
  const target = event.target;
  if (event.isComposing || !(target instanceof Element)) return true;
  return Boolean(
    target.closest("input:not([type=range],[type=checkbox],[type=radio]),textarea,select,[contenteditable]"),
  );
}

/** May things move? */
export function mayMove() {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export function say(text) {
  const region = document.getElementById("spoken");
  region.textContent = "";
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}
