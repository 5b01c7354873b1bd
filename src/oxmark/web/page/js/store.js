// The project as the server knows it.
//
// project.data        the body of GET /api/project, null until it was read
// onProject(fn)       fn(data) now if it is known, and after each change; returns a function that ends it
// refresh()           read it again; many calls at once make one request

import { on } from "./events.js";
import { Kept } from "./kept.js";

export const project = new Kept("/api/project");
export const onProject = (fn) => project.follow(fn);
export const refresh = () => project.refresh();

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
