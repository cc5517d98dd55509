// What scrolls sideways can be reached and scrolled with the keyboard.
(() => {
  "use strict";

  const SCROLLERS = ".formula, .rst-content pre, .wy-table-responsive";

  function mark(element) {
    const scrolls = element.scrollWidth > element.clientWidth + 1;
    if (scrolls) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }

  // Also sees an answer that is opened.
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) mark(target);
  });
  for (const element of document.querySelectorAll(SCROLLERS)) {
    observer.observe(element);
  }
})();
