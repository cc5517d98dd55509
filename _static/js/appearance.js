// Light or dark: as the system says, or as the reader chose.
// Runs before the first paint; without it the system decides.
(() => {
  "use strict";

  const KEY = "knowledge_record.appearance";
  const NAMES = { auto: "自动", light: "亮", dark: "暗" };
  const ORDER = Object.keys(NAMES);
  const root = document.documentElement;

  function stored() {
    try {
      const value = localStorage.getItem(KEY);
      return value in NAMES ? value : "auto";
    } catch {
      return "auto"; // storage may be forbidden
    }
  }

  let chosen = stored();

  function show() {
    if (chosen === "auto") delete root.dataset.theme;
    else root.dataset.theme = chosen;
    for (const button of document.querySelectorAll(".kr-appearance")) {
      button.textContent = NAMES[chosen];
      button.setAttribute("aria-label", `外观：${NAMES[chosen]}`);
      button.hidden = false;
    }
  }

  function next() {
    chosen = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length];
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // It holds for this page at least.
    }
    show();
  }

  show();
  document.addEventListener("DOMContentLoaded", () => {
    show();
    for (const button of document.querySelectorAll(".kr-appearance")) {
      button.addEventListener("click", next);
    }
  });
  // Another tab changed it.
  addEventListener("storage", (event) => {
    if (event.key === KEY || event.key === null) {
      chosen = stored();
      show();
    }
  });
})();
