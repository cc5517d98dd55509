// The self-test: asks the questions of the list on this page, in Leitner boxes.
// Without this script the page is the list of links that it is built from.
(() => {
  "use strict";

  const place = document.querySelector(".review");
  if (!place) return;

  const KEY = "knowledge_record.review";
  const VERSION = 1;
  const DAY = 24 * 60 * 60 * 1000;
  // A card in box b comes back after INTERVALS[b] days; box 0 is forgotten.
  const INTERVALS = [0, 1, 2, 4, 8, 16, 32];
  const up = (box, steps) => Math.min(box + steps, INTERVALS.length - 1);
  const LEVELS = ["基础", "进阶", "深入"];
  const GRADES = [
    { name: "忘了", box: () => 0 },
    { name: "勉强", box: (box) => box },
    { name: "记得", box: (box) => up(box, 1) },
    { name: "很熟", box: (box) => up(box, 2) },
  ];

  const root = document.documentElement.dataset.content_root || "./";
  const questions = [];
  let progress = {}; // label -> {box, due}, due in milliseconds
  let queue = [];
  let asked = 0;
  let shown = false;

  // -- Progress: what is stored, exported and imported ---------------------

  function parse(text) {
    const data = JSON.parse(text);
    const cards = data && data.version === VERSION && data.cards;
    if (!cards || typeof cards !== "object" || Array.isArray(cards)) {
      throw new TypeError("not a progress file");
    }
    for (const card of Object.values(cards)) {
      const sound = card && Number.isInteger(card.box) &&
        card.box >= 0 && card.box < INTERVALS.length &&
        Number.isFinite(card.due);
      if (!sound) throw new TypeError("a damaged card");
    }
    return { ...cards };
  }

  const text = () => JSON.stringify({ version: VERSION, cards: progress });

  function load() {
    let stored = null;
    try {
      stored = localStorage.getItem(KEY);
      if (stored !== null) progress = parse(stored);
    } catch {
      // Whatever it is, it is not ours to throw away.
      say(stored === null
        ? "浏览器不允许保存进度，关掉页面后进度就没有了。"
        : "保存的进度读不出来，这次从头开始；下次保存会覆盖它。");
    }
  }

  function save() {
    try {
      localStorage.setItem(KEY, text());
    } catch {
      say("进度没有保存下来：浏览器不允许，或者空间满了。可以用“导出进度”存成文件。");
    }
  }

  function exportProgress() {
    const file = new Blob([text()], { type: "application/json" });
    const link = make("a", { href: URL.createObjectURL(file) });
    link.download = "nlp-review.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    say(`已导出 ${Object.keys(progress).length} 张卡片的进度。`);
  }

  async function importProgress(input) {
    const file = input.files[0];
    if (!file) return;
    try {
      progress = parse(await file.text());
      save();
      showChoice();
      say(`已导入 ${Object.keys(progress).length} 张卡片的进度。`);
    } catch {
      say(`“${file.name}” 不是完好的进度文件，原来的进度没有变。`);
    }
    input.value = "";
  }

  // -- Choosing what to ask ------------------------------------------------

  const isNew = (question) => !(question.label in progress);
  const isDue = (question) =>
    isNew(question) || progress[question.label].due <= Date.now();

  // New and forgotten cards are graded as if from box 1.
  const boxOf = (question) =>
    Math.max(isNew(question) ? 1 : progress[question.label].box, 1);

  function chosen() {
    const ticked = (name) => new Set(
      [...panel.querySelectorAll(`input[name="${name}"]:checked`)]
        .map((box) => box.value));
    const topics = ticked("topic");
    const levels = ticked("level");
    return questions.filter((question) =>
      levels.has(question.level) &&
      (!topics.size || question.topics.some((topic) => topics.has(topic))));
  }

  function shuffle(list) {
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }

  function count() {
    const all = chosen();
    const due = all.filter(isDue);
    const fresh = due.filter(isNew).length;
    counter.textContent = `选中 ${all.length} 题，` +
      `其中新题 ${fresh} 道，到期 ${due.length - fresh} 道。`;
    startButton.disabled = !due.length;
    againButton.disabled = !all.length;
  }

  function start(list) {
    queue = shuffle([...list]);
    asked = 0;
    say("");
    next();
  }

  // -- Asking --------------------------------------------------------------

  function next() {
    shown = false;
    if (!queue.length) {
      showChoice();
      say(`这一轮做完了，一共回答 ${asked} 次。`);
      startButton.focus();
      return;
    }
    const question = queue[0];
    const link = make("a", {
      href: `${root}${question.page}#${question.label}`,
    }, "在原页面打开");
    card.replaceChildren(
      make("p", { className: "review-meta" },
        `还有 ${queue.length} 题 · ${question.level} · ` +
        question.topics.join("、")),
      make("h2", { tabIndex: -1 }, question.title),
      button("看答案", "空格", reveal),
      make("p", { className: "review-meta" }, link, " · ",
        button("结束", "Esc", stop)));
    panel.hidden = true;
    card.hidden = false;
    card.querySelector("h2").focus();
  }

  function reveal() {
    if (shown || !queue.length) return;
    shown = true;
    const question = queue[0];
    const answer = make("div", { className: "interview-answer" });
    // Our own pages' HTML, written by the build.
    answer.innerHTML = question.answer.replaceAll("{root}", root);
    const box = boxOf(question);
    const grades = make("div", { className: "review-grades" },
      ...GRADES.map((grade, i) => {
        const days = INTERVALS[grade.box(box)];
        return button(`${i + 1} ${grade.name}`,
          days ? `${days} 天后` : "稍后再问", () => rate(i));
      }));
    card.querySelector("h2").after(answer, grades);
    card.querySelector(":scope > button").remove();
    grades.querySelectorAll("button")[2].focus({ preventScroll: true });
    card.scrollIntoView();
  }

  function rate(grade) {
    if (!shown) return;
    const question = queue.shift();
    const box = GRADES[grade].box(boxOf(question));
    progress[question.label] = { box, due: Date.now() + INTERVALS[box] * DAY };
    asked += 1;
    if (box === 0) queue.push(question);
    save();
    next();
  }

  function stop() {
    queue = [];
    showChoice();
    startButton.focus();
  }

  function onKey(event) {
    if (card.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === "Escape") stop();
    else if (event.key === " " && !shown) reveal();
    else if (shown && "1234".includes(event.key) && event.key.length === 1) {
      rate(Number(event.key) - 1);
    } else return;
    event.preventDefault();
  }

  // -- Building the page ---------------------------------------------------

  function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function button(label, hint, action) {
    const made = make("button", { type: "button" }, label);
    if (hint) made.append(make("small", {}, hint));
    made.addEventListener("click", action);
    return made;
  }

  const status = make("p", { className: "review-status" });
  status.setAttribute("role", "status");
  const say = (message) => { status.textContent = message; };

  const counter = make("p");
  const card = make("div", { className: "review-card", hidden: true });
  const panel = make("div", { className: "review-panel" });
  const startButton = button("开始", "新题和到期的题",
    () => start(chosen().filter(isDue)));
  const againButton = button("全部再问一遍", "不管到没到期",
    () => start(chosen()));

  function choices(legend, name, values, checked) {
    const group = make("fieldset", {}, make("legend", {}, legend));
    for (const value of values) {
      const box = make("input", { type: "checkbox", name, value, checked });
      box.addEventListener("change", count);
      group.append(make("label", {}, box, value));
    }
    return group;
  }

  function showChoice() {
    card.hidden = true;
    panel.hidden = false;
    count();
  }

  function build() {
    const topics = [...new Set(questions.flatMap((q) => q.topics))];
    const file = make("input", {
      type: "file", accept: "application/json,.json", hidden: true,
    });
    file.addEventListener("change", () => importProgress(file));
    panel.append(
      choices("难度", "level", LEVELS, true),
      choices("主题（不选就是全部）", "topic", topics, false),
      counter,
      make("p", { className: "review-buttons" }, startButton, againButton),
      make("p", { className: "review-buttons" },
        button("导出进度", "", exportProgress),
        button("导入进度", "", () => file.click()), file));
    const list = make("details", {},
      make("summary", {}, `全部 ${questions.length} 题`));
    list.append(...place.childNodes);
    place.append(panel, card, status, list);
    document.addEventListener("keydown", onKey);
    load();
    count();
  }

  // -- Loading the questions of each page that the list names --------------

  // The pages, as paths from the root: what the links say, less the root.
  function pages() {
    const base = new URL(root, location.href).href;
    const links = [...place.querySelectorAll("li a[href]")];
    return [...new Set(links.map((link) =>
      link.href.slice(base.length).replace(/\.html(#.*)?$/, "")))];
  }

  window.reviewQuestions = (list) => questions.push(...list);

  let failed = 0;
  Promise.all(pages().map((page) => new Promise((resolve) => {
    const script = make("script", {
      src: `${root}_static/review/${page}.js`,
      async: false, // the pages come in the order of the list
    });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => { failed += 1; resolve(); });
    document.head.append(script);
  }))).then(() => {
    if (questions.length) build();
    else place.prepend(status);
    if (failed) say(`有 ${failed} 页题目没有加载，刷新页面再试一次。`);
  });
})();
