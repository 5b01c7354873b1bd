// The runs as the server knows them; the built-in model is the last.
//
// runs.data          the body of GET /api/runs, null until it was read
// onRuns(fn)         fn(data) now if it is known, and after each change
// refreshRuns()      read it again; many calls at once make one request
// runOf(id)          the run with this id, or undefined
// current()          the run in use, or undefined
// answers(run)       whether it has a model that answers

import { on } from "../events.js";
import { Kept } from "../kept.js";
import { quietly } from "./quietly.js";

export const BUILTIN = "builtin";
export const runs = new Kept("/api/runs");
export const onRuns = (fn) => runs.follow(fn);
export const refreshRuns = () => runs.refresh();

export function runOf(id) {
  return runs.data?.runs.find((run) => run.id === id);
}

export function current() {
  return runOf(runs.data?.current ?? BUILTIN) ?? runOf(BUILTIN);
}

export function answers(run) {
  return run.state !== "broken";
}

on("runs", () => quietly(refreshRuns()));
on("online", () => quietly(refreshRuns()));
