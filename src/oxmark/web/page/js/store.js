// The project as the server knows it.
//
// project.data        the body of GET /api/project, null until it was read
// onProject(fn)       fn(data) now if it is known, and after each change; returns a function that ends it
// refresh()           read it again; many calls at once make one request

import { api } from "./api.js";
import { on } from "./events.js";

export const project = { data: null };
const listeners = new Set();
let underway = null;
let again = false;

export function onProject(fn) {
  listeners.add(fn);
  if (project.data) fn(project.data);
  return () => listeners.delete(fn);
}

export function refresh() {
  if (underway) {
    again = true;
    return underway;
  }
  underway = read().finally(() => {
    underway = null;
  });
  return underway;
}

async function read() {
  do {
    again = false;
    project.data = await api.get("/api/project");
  } while (again);
  for (const fn of [...listeners]) fn(project.data);
  return project.data;
}

/** The class with this id, or undefined. */
export function classOf(id) {
  return project.data?.classes.find((one) => one.id === id);
}

on("project", () =>
  refresh().catch(() => {
    /* the connection line says it */
  }),
);
on("online", () =>
  refresh().catch(() => {
    /* the connection line says it */
  }),
);
