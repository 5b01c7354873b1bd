"use strict";
// Language and theme, the pictures behind a cell of a confusion matrix, everything open on paper. The page
// reads without any of this.
(function () {
  const root = document.documentElement;
  root.classList.add("js");

  // Some browsers refuse to remember anything for pages from a disk.
  function remembered(key) {
    try { return localStorage.getItem(key); } catch (error) { return null; }
  }
  function remember(key, value) {
    try { localStorage.setItem(key, value); } catch (error) { /* then it is chosen again next time */ }
  }
  function press(name, value) {
    for (const button of document.querySelectorAll("button[data-" + name + "]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-" + name) === value));
    }
  }

  const system = matchMedia("(prefers-color-scheme: dark)");
  function theme() {
    return root.dataset.theme || (system.matches ? "dark" : "light");
  }
  const kept = remembered("oxmark.theme");
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  const asked = remembered("oxmark.language") || (navigator.language || "").slice(0, 2);
  root.lang = asked === "ko" ? "ko" : "en";

  document.addEventListener("DOMContentLoaded", function () {
    press("language", root.lang);
    press("theme-choice", theme());
    system.addEventListener("change", function () { press("theme-choice", theme()); });
    document.querySelector(".switches").addEventListener("click", function (event) {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.language) {
        root.lang = button.dataset.language;
        remember("oxmark.language", root.lang);
        press("language", root.lang);
      } else {
        root.dataset.theme = button.dataset.themeChoice;
        remember("oxmark.theme", root.dataset.theme);
        press("theme-choice", root.dataset.theme);
      }
    });
    for (const table of document.querySelectorAll("table.matrix")) matrix(table);
    markWhereWeAre();
  });

  function matrix(table) {
    const links = Array.from(table.querySelectorAll("a.cell"));
    const behind = new Map(links.map(function (link) {
      return [link, document.getElementById(link.getAttribute("href").slice(1))];
    }));
    function mark() {
      for (const [link, details] of behind) {
        if (details.open) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
    for (const [link, details] of behind) {
      details.addEventListener("toggle", mark);
      link.addEventListener("click", function (event) {
        event.preventDefault();
        for (const other of behind.values()) other.open = other === details;
        details.scrollIntoView({ block: "nearest" });
        details.querySelector("summary").focus({ preventScroll: true });
      });
    }
    mark();
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    table.addEventListener("keydown", function (event) {
      const step = steps[event.key], from = event.target.closest("a.cell");
      if (!step || !from) return;
      event.preventDefault();
      const next = nearest(links, from, step);
      if (next) next.focus();
    });
  }

  // The next cell with pictures that way: in the same row or column, else the closest one.
  function nearest(links, from, step) {
    let best = null, least = Infinity;
    for (const link of links) {
      const down = link.dataset.row - from.dataset.row, right = link.dataset.column - from.dataset.column;
      const ahead = down * step[0] + right * step[1], aside = Math.abs(down * step[1]) + Math.abs(right * step[0]);
      const far = ahead + 1000 * aside;
      if (ahead > 0 && far < least) { best = link; least = far; }
    }
    return best;
  }

  function markWhereWeAre() {
    const links = new Map();
    for (const link of document.querySelectorAll(".contents a")) links.set(link.hash.slice(1), link);
    const watcher = new IntersectionObserver(function (entries) {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    for (const id of links.keys()) watcher.observe(document.getElementById(id));
  }

  // Paper cannot be clicked: all is open on it.
  let closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", function () {
    for (const one of closed) one.open = false;
  });
})();
