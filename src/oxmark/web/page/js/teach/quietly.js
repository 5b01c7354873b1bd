// Requests that nobody waits for: when the server does not answer, the line at the head of the page says so.

import { ApiError } from "../api.js";

export function quietly(promise) {
  promise.catch((error) => {
    if (!(error instanceof ApiError)) throw error;
  });
}
