"use strict";
// Runs before the page is painted, so that it never flashes in the wrong colours or language.
(function () {
  function remembered(key) {
    try { return localStorage.getItem(key); } catch (error) { return null; }
  }
  const root = document.documentElement;
  const theme = remembered("oxmark.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const asked = [remembered("oxmark.language")].concat(navigator.languages || [navigator.language || ""]);
  const known = asked.map(function (one) { return String(one || "").slice(0, 2); })
    .find(function (one) { return one === "en" || one === "ko"; });
  root.lang = known || "en";
})();
