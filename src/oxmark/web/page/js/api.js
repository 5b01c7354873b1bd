// Talking with the studio's server.
//
// await api.get("/api/project")
// await api.send("POST", "/api/classes", {name: "O"})       JSON
// await api.send("POST", "/api/classes/ID/pictures", blob)  a picture as it is
// Both throw ApiError {status, code, message}; status 0 and code "offline" when nobody answered.
// explain(error) is the sentence for people in the language in use.

import { answered } from "./events.js";
import { has, t } from "./i18n.js";

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

async function call(method, path, body, { signal } = {}) {
  const request = { method, headers: { Accept: "application/json" }, signal, cache: "no-store" };
  if (body instanceof Blob) {
    request.body = body;
    request.headers["Content-Type"] = body.type || "application/octet-stream";
  } else if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "offline", t("error.offline"));
  }
  answered();
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  if (response.ok && response.status === 204) return null;
  if (answer && typeof answer.error === "string") {
    throw new ApiError(response.status, answer.code, answer.error);
  }
  throw new ApiError(response.status, "unexpected", t("error.unexpected", { status: response.status }));
}

export const api = {
  get: (path, options) => call("GET", path, undefined, options),
  send: (method, path, body, options) => call(method, path, body, options),
};

const PASSING = new Set([0, 502, 503, 504]);

/** Nobody answered, or the server has too much to do: the same request may be tried again. */
export function mayTryAgain(error) {
  return error instanceof ApiError && PASSING.has(error.status);
}

/** The page's own sentence where it has one for the code; otherwise what the server said. */
export function explain(error) {
  if (!(error instanceof ApiError)) return t("error.unexpected", { status: error.name });
  const key = `error.${error.code}`;
  return has(key) ? t(key, { status: error.status }) : error.message;
}
