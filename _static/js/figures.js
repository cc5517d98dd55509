// A figure opens large, over the page; without this its file opens.
(() => {
  "use strict";

  const content = document.querySelector(".rst-content");
  if (!content?.querySelector("a.kr-figure")) return;

  const dialog = document.createElement("dialog");
  dialog.className = "kr-large";
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "关闭";
  const image = document.createElement("img");
  dialog.append(close, image);
  content.append(dialog);

  content.addEventListener("click", (event) => {
    const link = event.target.closest("a.kr-figure");
    // With a key held, a tab of its own is wanted.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const small = link.querySelector("img");
    image.src = link.href;
    image.alt = small.alt;
    dialog.setAttribute("aria-label", "大图");
    dialog.showModal();
    dialog.scrollTop = dialog.scrollLeft = 0;
  });
  dialog.addEventListener("click", () => dialog.close());
})();
