// Figures as people read them, in the language in use.

import { language, pair, t } from "../i18n.js";

/** A share 0..1: "97.9 %"; without digits where it is whole. */
export function percent(share, digits = 1) {
  const whole = Math.abs(share * 100 - Math.round(share * 100)) < 0.05;
  const text = new Intl.NumberFormat(language(), {
    minimumFractionDigits: whole ? 0 : digits,
    maximumFractionDigits: digits,
  }).format(share * 100);
  return `${text}\u00a0%`;
}

/** What a run is called; the built-in model has a name in each language. */
export function runName(run) {
  return pair(run.title) || run.name;
}

/** The name under which the browser saves a run's file. */
export function fileName(run, suffix) {
  const name = run.builtin ? "ox" : run.name;
  return name.replace(/[/\\:*?"<>|]/g, "_") + suffix;
}

/** A sentence from the server, its figures kept together with their signs. */
export function sentence(sides) {
  return pair(sides).replace(/(\d) %/g, "$1\u00a0%");
}

/** How long it still takes, said no more exactly than it is known. */
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 8) return t("teach.left.moment");
  if (seconds < 55) return t("teach.left.seconds", { count: Math.ceil(seconds / 5) * 5 });
  if (seconds < 3300) return t("teach.left.minutes", { count: Math.max(1, Math.round(seconds / 60)) });
  return t("teach.left.hours", { count: Math.max(1, Math.round(seconds / 3600)) });
}

/** The language in use as it is written where the reader lives. */
function locale() {
  return navigator.languages.find((one) => one.startsWith(language())) ?? language();
}

/** A moment: the time today, else the day. */
export function when(iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.valueOf())) return "";
  const now = new Date();
  const today = moment.toDateString() === now.toDateString();
  const time = new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit" }).format(moment);
  if (today) return t("teach.today", { time });
  const year = moment.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale(), { year, month: "short", day: "numeric" }).format(moment);
}

/** "O and X", "O, X 및 Z". */
export function list(names) {
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(names);
}
