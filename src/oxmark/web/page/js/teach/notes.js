// What went wrong in a training and what to try: sentences from the server, as they come.

import { h, icon } from "../dom.js";
import { sentence } from "./format.js";

/** A list of notes, pairs; null where there is none. */
export function noteList(notes) {
  if (!notes?.length) return null;
  return h(
    "ul",
    { class: "note-list" },
    notes.map((note) => h("li", null, icon("warning"), h("p", null, sentence(note)))),
  );
}
