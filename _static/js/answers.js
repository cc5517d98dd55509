// Opens answers: by link, for printing, and all at once.
// Without this script they are plain <details>, opened one by one.
(() => {
  "use strict";

  const ANSWER = "details.interview-answer";
  const answers = [...document.querySelectorAll(ANSWER)];
  if (!answers.length) return;

  // -- A link to a question, or to anything in an answer, opens it.
  function target() {
    try {
      return document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return null; // a stray % in the address
    }
  }

  function openTarget() {
    const element = target();
    const question = element && element.closest(".interview-question");
    const answer = question && question.querySelector(ANSWER);
    // An open answer is where the browser has scrolled already.
    if (!answer || answer.open) return;
    answer.open = true;
    element.scrollIntoView();
  }

  openTarget();
  addEventListener("hashchange", openTarget);
  // A second click on the same link changes no hash.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && link.hash && link.href === location.href) openTarget();
  });

  // -- Paper shows all answers; afterwards each is as it was.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = answers.filter((answer) => !answer.open);
    for (const answer of opened) answer.open = true;
  });
  addEventListener("afterprint", () => {
    for (const answer of opened) answer.open = false;
    opened = [];
  });

  // -- One button for all, in the words of what it will do.
  const button = document.createElement("button");
  button.type = "button";

  const allOpen = () => answers.every((answer) => answer.open);
  function label() {
    button.textContent = allOpen() ? "收起全部答案" : "展开全部答案";
  }
  button.addEventListener("click", () => {
    const open = !allOpen();
    for (const answer of answers) answer.open = open;
  });
  // The event does not bubble, so it is caught on its way down.
  document.addEventListener("toggle", label, true);
  label();

  document.querySelector(".interview-control")?.append(button);
})();
