// What Collect knows beside the project: the class chosen, the newest pictures of each class.

import { api } from "../api.js";
import { onProject, project } from "../store.js";

/** So many of the newest pictures are shown on the card of a class. */
export const NEWEST = 8;

export const state = { chosen: null, opened: null, hasInk: false };
const listeners = new Set();
const newest = new Map();
const urls = new Map();
let index = 0;

/** fn() after the class chosen, the newest pictures or the pad's having ink changed. */
export function onState(fn) {
  listeners.add(fn);
}

export function changed() {
  for (const fn of [...listeners]) fn();
}

export function choose(id) {
  state.chosen = id;
  index = project.data.classes.findIndex((one) => one.id === id);
  changed();
}

export function chosenClass() {
  return project.data?.classes.find((one) => one.id === state.chosen);
}

/** The newest pictures of a class, newest first; empty until they were read. */
export function newestOf(id) {
  return newest.get(id)?.pictures ?? [];
}

/** Where a picture's thumbnail is; one just drawn here is shown from memory. */
export function thumbnail(id) {
  return urls.get(id) ?? `/api/pictures/${id}/thumbnail`;
}

/** A picture was saved from here: show it without asking the server. */
export function addNewest(picture, url) {
  if (url) keepUrl(picture.id, url);
  const known = newest.get(picture.class);
  if (!known || known.pictures.some((one) => one.id === picture.id)) return;
  known.pictures = [picture, ...known.pictures].slice(0, NEWEST);
  known.count += 1;
}

/** Pictures of this class changed without a change of their number. */
export function forgetNewest(id) {
  newest.delete(id);
}

/** A class got another name and with it another id. */
export function renamed(from, to) {
  if (newest.has(from)) newest.set(to, newest.get(from));
  newest.delete(from);
  if (state.chosen === from) state.chosen = to;
  if (state.opened === from) state.opened = to;
}

function keepUrl(id, url) {
  urls.set(id, url);
  if (urls.size <= 100) return;
  const [oldest, oldestUrl] = urls.entries().next().value;
  urls.delete(oldest);
  URL.revokeObjectURL(oldestUrl);
}

async function readNewest(one) {
  const known = newest.get(one.id);
  if (known?.count === one.count) return;
  newest.set(one.id, { count: one.count, pictures: known?.pictures ?? [] });
  try {
    const { pictures } = await api.get(`/api/classes/${one.id}/pictures?offset=0&limit=${NEWEST}`);
    newest.set(one.id, { count: one.count, pictures });
  } catch {
    newest.delete(one.id); // read with the next change; the connection line says what is wrong
  }
  changed();
}

function onNews({ classes }) {
  const here = new Set(classes.map((one) => one.id));
  for (const id of [...newest.keys()]) if (!here.has(id)) newest.delete(id);
  if (!here.has(state.chosen)) state.chosen = classes[Math.min(index, classes.length - 1)]?.id ?? null;
  for (const one of classes) readNewest(one);
  changed();
}

export function follow() {
  onProject(onNews);
}
