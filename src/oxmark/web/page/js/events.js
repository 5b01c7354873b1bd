// What the server tells by itself: one stream of server-sent events for the whole page.
//
// on("project", (event) => ...)   event is the JSON object with its type; returns a function that ends it
// on("online", fn), on("offline", fn)   the page's own: the stream opened, was lost
// The stream is opened again by itself, sooner at first and every 5 s later.

const listeners = new Map();
const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;
let source = null;
let wait = FIRST_WAIT;
let timer = 0;
let connected = null;

export function on(type, fn) {
  if (!listeners.has(type)) listeners.set(type, new Set());
  listeners.get(type).add(fn);
  return () => listeners.get(type).delete(fn);
}

/** Somebody answered: if the stream is lost it is opened again at once. */
export function answered() {
  if (connected === false && source.readyState === EventSource.CLOSED) connect();
}

function emit(event) {
  for (const fn of [...(listeners.get(event.type) ?? [])]) fn(event);
}

function report(state) {
  if (connected === state) return;
  connected = state;
  emit({ type: state ? "online" : "offline" });
}

export function connect() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource("/api/events");
  source.onopen = () => {
    wait = FIRST_WAIT;
    report(true);
  };
  source.onmessage = (message) => {
    let event;
    try {
      event = JSON.parse(message.data);
    } catch {
      return;
    }
    emit(event);
  };
  source.onerror = () => {
    source.close();
    report(false);
    timer = setTimeout(connect, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };
}

// A page that is left closes its stream: browsers allow only six connections to one place.
addEventListener("pagehide", () => {
  clearTimeout(timer);
  source?.close();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) connect();
});
