// The page's sentences in English and Korean, and the language in use.
//
// t("collect.saved", {name: "O"})     a sentence; "{name}" is filled in. With {count: 1} the key + "_one"
//                                     is taken where it exists. In Korean "{name}을(를)" becomes 을 or 를.
// pair({en: "...", ko: "..."})        the side of a pair from the server in the language in use
// <button data-t="key">               text; data-t-label: aria-label; data-t-title: title;
//                                     data-t-placeholder: placeholder. Filled again when it changes.
// onLanguage(fn)                      fn(language) after each change; returns a function that ends it

import en from "./words/en.js";
import ko from "./words/ko.js";
import teachTryEn from "./words/teach-try.en.js";
import teachTryKo from "./words/teach-try.ko.js";
import { PARTICLES, withParticle } from "./particles.js";
import { remember } from "./remember.js";

const WORDS = { en: { ...en, ...teachTryEn }, ko: { ...ko, ...teachTryKo } };
const PLACES = [
  [
    "data-t",
    (element, text) => {
      element.textContent = text;
    },
  ],
  ["data-t-label", (element, text) => element.setAttribute("aria-label", text)],
  ["data-t-title", (element, text) => element.setAttribute("title", text)],
  ["data-t-placeholder", (element, text) => element.setAttribute("placeholder", text)],
];
const FIELD = new RegExp(`\\{(\\w+)\\}(['"]?)(${PARTICLES})?`, "g");
const listeners = new Set();

export function language() {
  return document.documentElement.lang === "ko" ? "ko" : "en";
}

export function has(key) {
  return key in WORDS[language()];
}

export function t(key, values = {}) {
  const words = WORDS[language()];
  const form = values.count === 1 && `${key}_one` in words ? `${key}_one` : key;
  const template = words[form] ?? WORDS.en[form] ?? form;
  return template.replace(FIELD, (whole, name, quote, particle) => {
    if (!(name in values)) return whole;
    const text = `${values[name]}${quote}`;
    return particle ? withParticle(text, particle) : text;
  });
}

export function pair(sides) {
  if (!sides) return "";
  return sides[language()] ?? sides.en ?? "";
}

/** Fill every element with data-t... in `root`, and `root` itself. */
export function translate(root = document) {
  for (const [name, put] of PLACES) {
    if (root.nodeType === Node.ELEMENT_NODE && root.hasAttribute(name)) put(root, t(root.getAttribute(name)));
    for (const element of root.querySelectorAll(`[${name}]`)) put(element, t(element.getAttribute(name)));
  }
}

export function setLanguage(chosen) {
  if (chosen === language()) return;
  document.documentElement.lang = chosen;
  remember("oxmark.language", chosen);
  translate();
  for (const fn of [...listeners]) fn(chosen);
}

export function onLanguage(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

/** A number as the language writes it: 1,234. */
export function number(value, options = {}) {
  return new Intl.NumberFormat(language(), options).format(value);
}
