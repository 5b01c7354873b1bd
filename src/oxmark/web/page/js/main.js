// The frame of the page: three places under #collect, #teach and #try, language, light and dark, the line
// that says when the server is gone.

import * as collect from "./collect.js";
import * as teach from "./teach.js";
import * as tryOut from "./try.js";
import { fill, h, icon } from "./dom.js";
import { connect, on } from "./events.js";
import { language, onLanguage, setLanguage, t, translate } from "./i18n.js";
import { keysFor, listenToKeys, showKeys } from "./keys.js";
import { remember } from "./remember.js";
import { onProject, project, refresh } from "./store.js";

const PLACES = { collect, teach, try: tryOut };
const system = matchMedia("(prefers-color-scheme: dark)");
let shown = null;

/** "#collect/class/ID": the place and the rest as a list, which its show() gets. */
function route() {
  const [name, ...rest] = location.hash.slice(1).split("/").map(decodeURIComponent);
  return { name: name in PLACES ? name : "collect", rest };
}

function navigate() {
  const { name, rest } = route();
  if (shown !== name) {
    if (shown) PLACES[shown].hide();
    shown = name;
    for (const other of Object.keys(PLACES)) document.getElementById(other).hidden = other !== name;
    for (const link of document.querySelectorAll(".places a")) {
      if (link.dataset.place === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.documentElement.dataset.place = name;
    keysFor(name);
    scrollTo(0, 0);
  }
  PLACES[name].show(rest);
  entitle();
}

function entitle() {
  const parts = [t(`shell.${shown}`), project.data?.name, "oxmark"];
  document.title = parts.filter(Boolean).join(" · ");
}

function isDark() {
  return (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
}

function showTheme() {
  const button = document.getElementById("theme");
  fill(button, icon(isDark() ? "sun" : "moon"));
  const words = t(isDark() ? "shell.to_light" : "shell.to_dark");
  button.setAttribute("aria-label", words);
  button.title = words;
}

function showLanguage() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language()));
  }
  const help = document.getElementById("help");
  help.setAttribute("aria-label", t("shell.keys"));
  help.title = t("shell.keys");
  showTheme();
  if (shown) entitle();
}

function listen() {
  document.querySelector(".switches").addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-language]");
    if (chosen) setLanguage(chosen.dataset.language);
  });
  document.getElementById("theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    remember("oxmark.theme", theme);
    showTheme();
  });
  document.getElementById("help").addEventListener("click", showKeys);
  system.addEventListener("change", showTheme);
  onLanguage(showLanguage);
  addEventListener("hashchange", navigate);
  listenToKeys();
}

function showConnection(lost) {
  const line = document.getElementById("connection");
  fill(line, lost && h("p", null, icon("offline"), h("span", { "data-t": "shell.offline" })));
  document.documentElement.classList.toggle("offline", lost);
}

function begin() {
  fill(document.getElementById("help"), icon("keyboard"));
  translate();
  for (const [name, place] of Object.entries(PLACES)) place.mount(document.getElementById(name));
  showLanguage();
  listen();
  onProject((data) => {
    document.getElementById("project-name").textContent = data.name;
    entitle();
  });
  on("online", () => showConnection(false));
  on("offline", () => showConnection(true));
  navigate();
  connect();
  refresh().catch(() => {
    /* the stream says that nobody answers */
  });
}

begin();
