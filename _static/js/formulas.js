// A copied formula is its LaTeX, not a column of single letters.
(() => {
  "use strict";

  const FORMULA = ".math";
  const NOT_TEXT = ".headerlink, .copybtn";

  function formulaAround(node) {
    const element = node.nodeType === Node.ELEMENT_NODE
      ? node
      : node.parentElement;
    return element.closest(FORMULA);
  }

  // The selection, with the formulas at its ends taken whole.
  function wholeRange(selection) {
    const range = selection.getRangeAt(0).cloneRange();
    const first = formulaAround(range.startContainer);
    const last = formulaAround(range.endContainer);
    if (first) range.setStartBefore(first);
    if (last) range.setEndAfter(last);
    return range;
  }

  function latexOf(formula) {
    const latex = formula.querySelector("annotation").textContent.trim();
    return formula.matches(".displaymath") ? `$$${latex}$$` : `$${latex}$`;
  }

  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (selection.isCollapsed || !event.clipboardData) return;
    const copy = document.createElement("div");
    copy.append(wholeRange(selection).cloneContents());
    const formulas = copy.querySelectorAll(FORMULA);
    if (!formulas.length) return;
    for (const formula of formulas) formula.replaceChildren(latexOf(formula));
    for (const element of copy.querySelectorAll(NOT_TEXT)) element.remove();
    // Only what is laid out knows where its lines break.
    Object.assign(copy.style, { position: "fixed", left: "-200vw" });
    document.body.append(copy);
    for (const link of copy.querySelectorAll("a[href]")) {
      link.setAttribute("href", link.href);
    }
    event.clipboardData.setData("text/plain", copy.innerText.trim());
    event.clipboardData.setData("text/html", copy.innerHTML);
    copy.remove();
    event.preventDefault();
  });
})();
