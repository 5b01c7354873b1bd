// Something that the server knows and the page keeps a copy of.
//
// const project = new Kept("/api/project")
// project.data        the body, null until it was read
// project.follow(fn)  fn(data) now if it is known, and after each change; returns a function that ends it
// project.refresh()   read it again; many calls at once make one request

import { api } from "./api.js";

export class Kept {
  #path;
  #listeners = new Set();
  #underway = null;
  #again = false;

  constructor(path) {
    this.#path = path;
    this.data = null;
  }

  follow(fn) {
    this.#listeners.add(fn);
    if (this.data) fn(this.data);
    return () => this.#listeners.delete(fn);
  }

  refresh() {
    if (this.#underway) {
      this.#again = true;
      return this.#underway;
    }
    this.#underway = this.#read().finally(() => {
      this.#underway = null;
    });
    return this.#underway;
  }

  async #read() {
    do {
      this.#again = false;
      this.data = await api.get(this.#path);
    } while (this.#again);
    for (const fn of [...this.#listeners]) fn(this.data);
    return this.data;
  }
}
