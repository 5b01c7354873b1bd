// What the doctor says: the state of the examination and its findings, for the whole project and by picture.

import { api } from "../api.js";
import { on } from "../events.js";
import { project } from "../store.js";

const NOTHING = [];
const SEVERITIES = ["error", "warning", "note"];
const listeners = new Set();
let report = { state: "waiting", sentence: null, error: null, findings: [] };
let byPicture = new Map();
const known = new Map(); // picture id -> picture, as far as it was seen
let reading = false;
let again = false;

export function onFindings(fn) {
  listeners.add(fn);
}

export function doctor() {
  return report;
}

export function findingsOf(pictureId) {
  return byPicture.get(pictureId) ?? NOTHING;
}

export function worstOf(findings) {
  return SEVERITIES.find((severity) => findings.some((one) => one.severity === severity)) ?? null;
}

/** What is found about these pictures belongs to their classes. */
function learn(pictures) {
  for (const picture of pictures) known.set(picture.id, picture);
}

/** A picture that a finding names, as the server describes it; undefined if it is not there any more. */
export async function findPicture(id) {
  if (!known.has(id)) await lookFor([id]);
  return known.get(id);
}

/** The same, if it was seen already; else undefined. */
export function seenPicture(id) {
  return known.get(id);
}

/** Read the classes' lists until all these pictures were seen. */
async function lookFor(ids) {
  const missing = new Set(ids.filter((id) => !known.has(id)));
  for (const { id: classId } of project.data?.classes ?? []) {
    for (let offset = 0, total = 1; missing.size && offset < total;) {
      const page = await api.get(`/api/classes/${classId}/pictures?offset=${offset}&limit=200`);
      learn(page.pictures);
      for (const { id } of page.pictures) missing.delete(id);
      total = page.total;
      offset += page.pictures.length || total;
    }
  }
}

/** The worst that was found about pictures of a class, and how many it concerns; null for nothing. */
export function worstIn(classId) {
  const found = [...byPicture].filter(([id]) => known.get(id)?.class === classId);
  const severity = worstOf(found.flatMap(([, findings]) => findings));
  return severity && { severity, count: found.length };
}

function put(next) {
  report = next;
  byPicture = new Map();
  for (const finding of report.findings) {
    for (const id of finding.pictures) {
      if (!byPicture.has(id)) byPicture.set(id, []);
      byPicture.get(id).push(finding);
    }
  }
  tell();
}

function tell() {
  for (const fn of [...listeners]) fn();
}

async function read() {
  again = reading;
  if (reading) return;
  reading = true;
  try {
    do {
      again = false;
      put(await api.get("/api/doctor"));
      if (report.state === "done" && [...byPicture.keys()].some((id) => !known.has(id))) {
        await lookFor([...byPicture.keys()]);
        tell();
      }
    } while (again);
  } catch {
    /* asked again with the next event */
  }
  reading = false;
}

/** A picture moved, or its class got another name: where it is must be read again. */
export function forget() {
  known.clear();
}

export function follow() {
  on("doctor", read);
  on("online", read);
  read();
}
