// Pictures that come from elsewhere are added to their classes, a few at a time; what was refused is kept
// with its reason.

import { api, explain, mayTryAgain } from "../api.js";
import { t } from "../i18n.js";
import { project, refresh } from "../store.js";
import { addNewest } from "./state.js";

const AT_ONCE = 3;
const AGAIN = 1500;

export class Importing {
  /** files: as from gather(); target: a class's id for all of them, null: the folder's name tells. */
  constructor({ files, hidden }, { target, fallback, onChange }) {
    Object.assign(this, { files, hidden, target, fallback, onChange });
    this.done = 0;
    this.added = new Map(); // class name -> count
    this.refused = []; // {name, why}
    this.stopped = false;
    this.waits = false;
    this.over = false;
    this.made = new Map();
  }

  get total() {
    return this.files.length;
  }

  stop() {
    this.stopped = true;
  }

  async run() {
    const left = [...this.files];
    const worker = async () => {
      while (left.length && !this.stopped) {
        await this.#take(left.shift());
        this.done += 1;
        this.onChange();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.over = true;
    await refresh().catch(() => {
      /* the connection line says it */
    });
    this.onChange();
  }

  async #take({ file, path, hand, isPicture }) {
    const name = path.join("/");
    try {
      if (!isPicture) throw new Error(t("collect.not_a_picture"));
      if (file.size > project.data.max_body)
        throw new Error(t("collect.too_large", { size: Math.floor(project.data.max_body / 1e6) }));
      const one = await this.#patiently(() => this.#classFor(path));
      const query = new URLSearchParams({ name: path.at(-1) });
      if (hand) query.set("hand", hand);
      const { picture } = await this.#patiently(() =>
        api.send("POST", `/api/classes/${one.id}/pictures?${query}`, file),
      );
      addNewest(picture);
      this.added.set(one.name, (this.added.get(one.name) ?? 0) + 1);
    } catch (error) {
      const why =
        error.constructor === Error
          ? error.message
          : error.name === "NotReadableError"
            ? t("collect.unreadable_file")
            : explain(error);
      this.refused.push({ name, why });
    }
  }

  /** While nobody answers, wait and ask again. */
  async #patiently(ask) {
    for (;;) {
      try {
        const answer = await ask();
        this.waits = false;
        return answer;
      } catch (error) {
        if (!mayTryAgain(error) || this.stopped) throw error;
        this.waits = true;
        this.onChange();
        await new Promise((resolve) => {
          setTimeout(resolve, AGAIN);
        });
      }
    }
  }

  #classFor(path) {
    const id = this.target ?? (path.length === 1 ? this.fallback : null);
    if (id) return project.data.classes.find((one) => one.id === id);
    if (path.length === 1) throw new Error(t("collect.no_class_for_file"));
    const name = path.at(-2).trim();
    if (!this.made.has(name)) this.made.set(name, this.#classNamed(name));
    return this.made.get(name);
  }

  async #classNamed(name) {
    const named = () => project.data.classes.find((one) => one.name.normalize("NFC") === name);
    if (named()) return named();
    try {
      return await api.send("POST", "/api/classes", { name });
    } catch (error) {
      if (mayTryAgain(error)) this.made.delete(name);
      if (error.code !== "class_exists") throw error;
      await refresh();
      if (!named()) throw error;
      return named();
    }
  }
}
