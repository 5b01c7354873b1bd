// Drawings on their way to the disk. One after the other; a drawing counts as saved only when the server said
// so. When nobody answers they wait and are sent again.

import { api, mayTryAgain } from "../api.js";
import { on } from "../events.js";
import { refresh } from "../store.js";
import { addNewest, renamed as renamedInState } from "./state.js";

const AGAIN = 1500;
const queue = [];
const listeners = new Set();
let sending = false;
let timer = 0;
let idle = [];

/** fn({type, item}): "queued", "saved" (also picture, undo), "waiting", "refused" (also error), "back". */
export function onSaving(fn) {
  listeners.add(fn);
}

function tell(event) {
  for (const fn of [...listeners]) fn(event);
}

export function waiting() {
  return queue.length;
}

/** The drawings for one class that are not saved yet. */
export function waitingFor(classId) {
  return queue.filter((item) => item.classId === classId);
}

export function isStuck() {
  return queue.some((item) => item.state === "waiting");
}

/**
 * Save a drawing.
 *
 * item: {classId, className, hand, blob, url, kept}; kept is the pad's drawing, to put it back.
 */
export function save(item) {
  Object.assign(item, { state: "queued", tries: 0 });
  queue.push(item);
  tell({ type: "queued", item });
  send();
}

/** Take the newest drawing back that was not sent yet. */
export function takeBack() {
  const item = queue.at(-1);
  if (!item || item.state === "sending") return null;
  queue.pop();
  tell({ type: "back", item });
  done();
  return item;
}

/** When everything that is on its way has arrived. */
export function settled() {
  return sending
    ? new Promise((resolve) => {
        idle.push(resolve);
      })
    : Promise.resolve();
}

export function renamed(from, to, name) {
  for (const item of queue) {
    if (item.classId === from) Object.assign(item, { classId: to, className: name });
  }
  renamedInState(from, to);
}

async function send() {
  clearTimeout(timer);
  if (sending) return;
  sending = true;
  while (queue.length) {
    const item = queue[0];
    item.state = "sending";
    try {
      await sendOne(item);
    } catch (error) {
      if (mayTryAgain(error)) {
        item.state = "waiting";
        tell({ type: "waiting", item });
        timer = setTimeout(send, AGAIN);
        break;
      }
      queue.shift();
      tell({ type: "refused", item, error });
    }
  }
  sending = false;
  done();
}

function done() {
  for (const resolve of idle.splice(0)) resolve();
}

async function sendOne(item) {
  const query = new URLSearchParams({ name: "drawing.png" });
  if (item.hand) query.set("hand", item.hand);
  let answer = null;
  item.tries += 1;
  try {
    answer = await api.send("POST", `/api/classes/${item.classId}/pictures?${query}`, item.blob);
  } catch (error) {
    // It is there when the answer to an earlier try got lost.
    if (error.code !== "already_there" || item.tries === 1) throw error;
  }
  queue.shift();
  if (answer) addNewest(answer.picture, item.url);
  tell({ type: "saved", item, picture: answer?.picture ?? null, undo: answer?.undo ?? null });
  refresh().catch(() => {
    /* the next change reads it */
  });
}

on("online", () => send());
addEventListener("beforeunload", (event) => {
  if (queue.length) event.preventDefault();
});
