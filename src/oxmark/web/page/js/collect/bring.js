// Pictures from elsewhere: files and folders dropped or chosen, a picture pasted.

import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";
import { gather, gathered } from "./gather.js";
import { Importing } from "./importing.js";
import { chosenClass, state } from "./state.js";
import { Tray } from "./tray.js";
import { openWebcam } from "./webcam.js";

export class Bring {
  /** section: where things may be dropped; active(): is Collect shown? */
  constructor(section, { active, invite }) {
    Object.assign(this, { section, active, invite });
    this.tray = new Tray();
    this.target = null;
    this.files = h("input", {
      type: "file",
      multiple: true,
      accept: "image/*",
      class: "sr",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    this.folder = h("input", {
      type: "file",
      webkitdirectory: true,
      class: "sr",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    for (const field of [this.files, this.folder]) {
      field.addEventListener("change", async () => {
        const list = [...field.files];
        field.value = "";
        if (list.length) this.take(await gathered(list), this.target);
      });
    }
    const button = (name, key, run) =>
      h("button", { type: "button", class: "plain", onclick: run }, icon(name), h("span", { "data-t": key }));
    this.element = h(
      "div",
      { class: "bring" },
      h("p", { class: "quiet", "data-t": "collect.bring" }),
      h(
        "div",
        { class: "bring-ways" },
        button("image", "collect.choose_files", () => this.choose(null)),
        button("folder", "collect.choose_folder", () => this.#pick(this.folder, null)),
        button("camera", "collect.webcam", () => this.#webcam()),
      ),
      this.files,
      this.folder,
    );
    this.over = h("div", { class: "drop-veil", "aria-hidden": "true", hidden: true }, h("p", null));
    this.#listen();
  }

  /** Choose files for a class; null: for the class chosen. */
  choose(classId) {
    this.#pick(this.files, classId);
  }

  #pick(field, classId) {
    this.target = classId;
    field.click();
  }

  #webcam() {
    if (chosenClass()) openWebcam();
    else this.invite();
  }

  async take(found, target) {
    if (!found.files.length && !found.hidden) return;
    if (this.tray.work && !this.tray.work.over) {
      toast(t("collect.import_busy"), { kind: "warning" });
      return;
    }
    const fallback = state.opened ?? state.chosen;
    const work = new Importing(found, { target, fallback, onChange: () => this.tray.show() });
    this.tray.begin(work);
    await work.run();
  }

  #listen() {
    let inside = 0;
    const carries = (event) => this.active() && [...(event.dataTransfer?.types ?? [])].includes("Files");
    const leave = () => {
      inside = 0;
      this.#mark(null, false);
    };
    document.addEventListener("dragenter", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      inside += 1;
    });
    document.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      this.#mark(event.target.closest?.(".card"), true);
    });
    document.addEventListener("dragleave", (event) => {
      if (!carries(event)) return;
      inside -= 1;
      if (inside <= 0) leave();
    });
    document.addEventListener("drop", async (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      const target = event.target.closest?.(".card")?.dataset.class ?? state.opened ?? null;
      leave();
      try {
        this.take(await gather(event.dataTransfer), target);
      } catch {
        toast(t("collect.unreadable_drop"), { kind: "error" });
      }
    });
    document.addEventListener("paste", async (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!this.active() || !files.length || document.querySelector("dialog[open]")) return;
      if (event.target.closest?.("input, textarea") && event.clipboardData.types.includes("text/plain"))
        return;
      event.preventDefault();
      this.take(await gathered(files), null);
    });
  }

  #mark(card, on) {
    this.over.hidden = !on;
    this.section.classList.toggle("dropping", on);
    const name = card?.dataset.name ?? (state.opened || state.chosen ? chosenClass()?.name : null);
    this.over.firstChild.textContent = card
      ? t("collect.drop_on", { name: card.dataset.name })
      : name
        ? t("collect.drop_here", { name })
        : t("collect.drop_first");
    for (const other of this.section.querySelectorAll(".card.target"))
      if (other !== card) other.classList.remove("target");
    card?.classList.add("target");
  }
}
