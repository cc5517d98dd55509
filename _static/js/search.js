/* Search, the page's side of it: boxes, results, keys.
 *
 * The engine and the index are scripts, so that pages opened as files can
 * load them too. They are fetched when a search box gets the focus: a page
 * that is only read does not pay for them.
 */
"use strict";

(() => {
  // -- Loading ------------------------------------------------------------

  const page = document.getElementById("search-form");
  const box = document.getElementById("rtd-search-form");
  // Not the page's own idea of it: a server shows 404.html at any depth.
  const root = new URL("../../", document.currentScript.src).href;
  const SCRIPTS = ["js/search-engine.js", "search-index.js"];
  let loading = null;
  let ready = false;

  const loadScript = (name) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}_static/${name}`;
      script.async = false; // fetched side by side, run in this order
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });

  const load = () => {
    loading =
      loading ||
      Promise.all(SCRIPTS.map(loadScript)).then(() => {
        if (!siteSearch.isReady()) throw new Error("a broken index");
        ready = true;
      });
    loading.catch(() => {
      loading = null; // the next key tries again
    });
    return loading;
  };

  // -- Page ---------------------------------------------------------------

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  const shown = (pieces) =>
    pieces.map(({ text, mark }) => (mark ? make("mark", {}, text) : text));

  const entry = ({ unit, title, excerpt: found }) => {
    const heading = make("span", { class: "search-title" }, ...shown(title));
    const parts = [heading];
    if (unit.path.length) {
      const path = unit.path.join(" › ");
      parts.push(make("span", { class: "search-path" }, path));
    }
    if (found.pieces.length) {
      parts.push(
        make(
          "span",
          { class: "search-text" },
          found.before ? "…" : "",
          ...shown(found.pieces),
          found.after ? "…" : "",
        ),
      );
    }
    return parts;
  };

  const quoted = (words) => words.map((text) => `「${text}」`).join("");

  /* What to say about an answer, for eyes and for screen readers. */
  const summary = ({ words, missing, results, cutAt }) => {
    const parts = [];
    if (cutAt) parts.push(`查询太长，只用了前 ${cutAt} 个字。`);
    if (!words.length) parts.push("请输入汉字、字母或数字。");
    else if (!results.length) parts.push(`没有找到${quoted(words)}。`);
    else {
      const count = results.length;
      if (missing.length) {
        parts.push(`没有找到${quoted(missing)}，以下结果只含其余的词。`);
      }
      parts.push(count < 100 ? `${count} 条结果` : "最相关的 100 条结果");
    }
    return parts.join("");
  };

  const FAILED =
    "搜索索引没有载入。请检查网络后再输入一次，或者从目录里找。";
  const WAITING = "正在载入索引…";

  // Servers refuse addresses that are too long.
  const asAddress = (query) =>
    `?q=${encodeURIComponent([...query].slice(0, 200).join(""))}`;

  const searchPage = (query = "") =>
    (box || page).action.split(/[?#]/)[0] + (query && asAddress(query));

  const advice = ({ instead }) => {
    const list = make("ul", { class: "search-advice" });
    for (const text of instead) {
      const link = make("a", { href: searchPage(text) }, `只搜「${text}」`);
      list.append(make("li", {}, link));
    }
    list.append(
      make("li", {}, "换一个更短的词，或者换成英文名、中文名试试。"),
      make("li", {}, make("a", { href: `${root}index.html` }, "从目录里找")),
    );
    return list;
  };

  /* Run an answer for every change of a box. Pinyin that is still being
   * composed is not a query. */
  const onQuery = (input, show) => {
    let last = null;
    const run = () => {
      const query = input.value.trim();
      if (query === last) return;
      last = query;
      if (!query) {
        show(null);
        return;
      }
      if (!ready) show({ waiting: true });
      load().then(
        () => query === last && show(siteSearch.search(query), query),
        () => {
          if (query === last) show({ failed: true });
          last = null;
        },
      );
    };
    input.addEventListener("input", (event) => {
      if (!event.isComposing) run();
    });
    input.addEventListener("compositionend", run);
    input.addEventListener("focus", () => load().catch(() => {}));
    return run;
  };

  const setUpPage = (form) => {
    const input = form.elements.q;
    const status = document.getElementById("search-status");
    const list = document.getElementById("search-results");
    const run = onQuery(input, (answer, query) => {
      list.replaceChildren();
      form.parentElement.querySelector(".search-advice")?.remove();
      if (!answer) status.textContent = "";
      else if (answer.waiting) status.textContent = WAITING;
      else if (answer.failed) status.textContent = FAILED;
      else {
        status.textContent = summary(answer);
        list.append(
          ...answer.results.map((result) => {
            const href = root + result.unit.address;
            return make("li", {}, make("a", { href }, ...entry(result)));
          }),
        );
        if (!answer.results.length) list.after(advice(answer));
        remember(query);
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run();
    });
    form.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const stops = [input, ...list.querySelectorAll("a")];
      const next = stops[stops.indexOf(event.target) + step];
      if (event.isComposing || !stops.includes(event.target) || !next) return;
      event.preventDefault();
      next.focus();
    });
    input.value = new URLSearchParams(location.search).get("q") || "";
    run();
    if (!input.value) input.focus();
  };

  /* Keep the query in the address, so that going back finds it again. */
  const remember = (query) => {
    try {
      history.replaceState(null, "", asAddress(query));
    } catch {
      // Chromium refuses this to pages opened as files.
    }
  };

  const MOST = 8;

  const setUpBox = (form) => {
    const input = form.elements.q;
    const panel = make("div", { class: "search-panel", hidden: "" });
    const status = make("p", { class: "search-status" });
    // What is hidden is not read out, so this one never is.
    const live = make("p", { class: "search-live", role: "status" });
    const say = (text) => {
      status.textContent = text;
      live.textContent = text;
    };
    const list = make("div", {
      "aria-label": "搜索结果",
      id: "search-options",
      role: "listbox",
    });
    panel.append(status, list);
    form.after(panel, live);
    for (const [name, value] of Object.entries({
      "aria-autocomplete": "list",
      "aria-controls": list.id,
      "aria-expanded": "false",
      autocomplete: "off",
      role: "combobox",
    })) {
      input.setAttribute(name, value);
    }

    let chosen = -1;
    const choose = (index) => {
      const options = [...list.children];
      chosen = index;
      options.forEach((option, i) => {
        option.setAttribute("aria-selected", String(i === index));
      });
      const option = options[index];
      if (option) {
        input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    };
    // An answer that comes late does not open what was closed meanwhile.
    let wanted = false;
    const open = (isOpen) => {
      panel.hidden = !isOpen;
      const hasList = isOpen && list.children.length > 0;
      list.hidden = !hasList;
      input.setAttribute("aria-expanded", String(hasList));
      if (!isOpen) choose(-1);
      else place();
    };
    // The side bar clips what it holds, except what is fixed.
    const place = () => {
      const { left, bottom } = input.getBoundingClientRect();
      panel.style.left = `${left}px`;
      panel.style.top = `${bottom + 6}px`;
      panel.style.maxHeight = `${innerHeight - bottom - 22}px`;
    };
    const option = (href, ...children) =>
      make(
        "a",
        {
          "aria-selected": "false",
          href,
          id: `search-option-${list.children.length}`,
          role: "option",
          tabindex: "-1",
        },
        ...children,
      );
    const show = (answer, query) => {
      list.replaceChildren();
      panel.querySelector(".search-advice")?.remove();
      choose(-1);
      if (!answer) {
        say("");
        open(false);
        return;
      }
      if (answer.waiting) say(WAITING);
      else if (answer.failed) say(FAILED);
      else {
        say(summary(answer));
        for (const result of answer.results.slice(0, MOST)) {
          list.append(option(root + result.unit.address, ...entry(result)));
        }
        if (answer.results.length > MOST) {
          list.append(option(searchPage(query), "全部结果"));
        }
        if (answer.words.length && !answer.results.length) {
          panel.append(advice(answer));
        }
      }
      if (wanted) open(true);
    };
    const close = () => {
      wanted = false;
      open(false);
    };
    const want = () => {
      wanted = true;
    };
    input.addEventListener("input", want);
    const run = onQuery(input, show);

    input.addEventListener("focus", () => {
      want();
      run();
      if (status.textContent) open(true);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const count = panel.hidden ? 0 : list.children.length;
      if (event.key === "Escape") {
        if (panel.hidden) input.blur();
        else close();
      } else if (event.key === "ArrowDown" && count) {
        choose(chosen + 1 < count ? chosen + 1 : -1);
      } else if (event.key === "ArrowUp" && count) {
        choose(chosen < 0 ? count - 1 : chosen - 1);
      } else if (event.key === "Enter" && count && chosen >= 0) {
        list.children[chosen].click();
        open(false);
      } else {
        return;
      }
      event.preventDefault();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      location.href = searchPage(input.value);
    });
    const area = form.parentElement;
    area.addEventListener("focusout", (event) => {
      if (!area.contains(event.relatedTarget)) close();
    });
    // A click on the panel leaves the focus where the typing is.
    panel.addEventListener("mousedown", (event) => event.preventDefault());
    addEventListener("resize", () => panel.hidden || place());
  };

  const setUpKey = (input) => {
    document.addEventListener("keydown", (event) => {
      const { target } = event;
      const typing =
        target.isContentEditable ||
        /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
      const plain = !(event.altKey || event.ctrlKey || event.metaKey);
      if (event.key !== "/" || typing || !plain) return;
      event.preventDefault();
      // On a narrow screen the side bar waits outside of it.
      if (input.getBoundingClientRect().right <= 0) {
        location.href = searchPage();
        return;
      }
      input.focus();
      input.select();
    });
  };

  // -- Labels that moved ---------------------------------------------------

  /* The label that the address ends with. */
  const label = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return ""; // a stray % in the address
    }
  };

  /* Labels are for ever, their pages are not: one that is not on this page
   * is looked for on the others. A page that moved leads on in any case. */
  const followLabel = async () => {
    const name = label();
    if (document.getElementById(name)) return;
    const moved = document.getElementById("moved-to");
    const address =
      name && (await load().then(() => siteSearch.addressOf(name), () => ""));
    if (address) location.replace(root + address);
    else if (moved) location.replace(moved.href);
  };

  followLabel();
  addEventListener("hashchange", followLabel);

  if (page) setUpPage(page);
  if (box) setUpBox(box);
  if (page || box) setUpKey((page || box).elements.q);
})();
