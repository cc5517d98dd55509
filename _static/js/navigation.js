// The menu of small screens, and the entry of the section that is read.
(() => {
  "use strict";

  const menu = document.querySelector(".kr-menu");
  const side = document.getElementById("navigation");
  if (!menu || !side) return;

  // -- The menu
  const shifted = document.querySelectorAll(
    ".wy-nav-side, .wy-nav-content-wrap",
  );
  function open(wanted) {
    for (const element of shifted) element.classList.toggle("shift", wanted);
    menu.setAttribute("aria-expanded", String(wanted));
  }
  menu.hidden = false;
  menu.addEventListener("click", () => {
    open(menu.getAttribute("aria-expanded") !== "true");
  });
  side.addEventListener("click", (event) => {
    if (event.target.closest("nav a")) open(false);
  });
  document.addEventListener("keydown", (event) => {
    const shown = menu.getAttribute("aria-expanded") === "true";
    if (event.key === "Escape" && shown) {
      open(false);
      menu.focus();
    }
  });

  // -- The current section: the last heading above the upper third
  const links = new Map();
  for (const link of side.querySelectorAll(".current a[href^='#']")) {
    const id = decodeURIComponent(link.hash.slice(1));
    const section = id && document.getElementById(id);
    if (section) links.set(section, link);
  }
  const page = side.querySelector(".current > a");
  let marked = null;

  function mark() {
    let link = null;
    for (const [section, entry] of links) {
      if (section.getBoundingClientRect().top < innerHeight / 3) link = entry;
    }
    if (link === marked) return;
    if (marked) marked.removeAttribute("aria-current");
    if (link) link.setAttribute("aria-current", "true");
    marked = link;
    reveal(link || page);
  }

  // Scrolls the side bar alone, never the page.
  function reveal(link) {
    const box = side.querySelector(".wy-side-scroll");
    if (!link) return;
    const at = link.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    if (at.top < frame.top + 120 || at.bottom > frame.bottom - 40) {
      box.scrollTop += at.top - frame.top - frame.height / 3;
    }
  }

  let waiting = false;
  addEventListener(
    "scroll",
    () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        mark();
      });
    },
    { passive: true },
  );
  // Not before the page has been drawn: measuring it takes time.
  const later = globalThis.requestIdleCallback || setTimeout;
  later(() => {
    mark();
    reveal(marked || page);
  });
})();
