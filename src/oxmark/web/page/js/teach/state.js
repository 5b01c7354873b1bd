// The teaching as the server knows it, epoch by epoch.
//
// teaching.data            the body of GET /api/teach, null until it was read
// onTeaching(fn)           fn(data) now if it is known, and after each change
// start(body), resume(run), stop()   all throw ApiError
// isBusy(data)             it is starting, running or finishing

import { api } from "../api.js";
import { on } from "../events.js";
import { quietly } from "./quietly.js";

export const teaching = { data: null };
const listeners = new Set();
const BUSY = new Set(["starting", "running", "finishing"]);
let newest = 0;

export function isBusy(data = teaching.data) {
  return BUSY.has(data?.state);
}

export function onTeaching(fn) {
  listeners.add(fn);
  if (teaching.data) fn(teaching.data);
  return () => listeners.delete(fn);
}

export async function readTeaching() {
  const asked = ++newest;
  const data = await api.get("/api/teach");
  if (asked === newest) take(data);
  return data;
}

export async function start(body) {
  take(await api.send("POST", "/api/teach", body));
}

/** Go on with a run that was interrupted. */
export async function resume(run) {
  take(await api.send("POST", `/api/runs/${encodeURIComponent(run)}/resume`));
}

export async function stop() {
  take(await api.send("DELETE", "/api/teach"));
}

function take(data) {
  newest += 1;
  teaching.data = { ...data, history: data.history ?? teaching.data?.history ?? [] };
  for (const fn of [...listeners]) fn(teaching.data);
}

/** An event has all of it but the history, and the newest entry of that. */
function follow({ type, entry, ...event }) {
  const known = teaching.data;
  const fresh =
    !known || known.run !== event.run || (event.state === "starting" && known.state !== "starting");
  const history = fresh ? [] : known.history.filter((one) => !entry || one.epoch < entry.epoch);
  if (entry) history.push(entry);
  take({ ...event, history });
  if (history.length < (event.epoch ?? 0)) quietly(readTeaching());
}

on("teach", follow);
on("online", () => quietly(readTeaching()));
