/* Search, the engine: finds sections, questions and terms in the index.
 *
 * The index (search-index.js, written by _ext/search) calls receive(). It
 * holds texts; where a term stands in them is looked up by scanning, which
 * takes milliseconds for hundreds of pages and needs no index of terms.
 */
"use strict";

(() => {
  // -- Words --------------------------------------------------------------

  const HAN = "\\p{Script=Han}";
  const LETTER = `(?:(?!${HAN})[\\p{L}\\p{N}\\p{M}])`;
  const TOKEN = new RegExp(`${HAN}+|${LETTER}+(?:[-_.]${LETTER}+)*`, "gu");
  const IS_LETTER = new RegExp(`^${LETTER}`, "u");
  // Words of questions that say nothing about what is asked for.
  const STOP = new RegExp(
    "为什么|是什么|有什么|什么是|什么|怎么样|怎么|怎样|如何|哪些|哪个|是否" +
      "|能否|可以|请问|解释一下|介绍一下|一下|多少|之间|以及" +
      "|[的了和与及或跟是在吗呢吧么啊对把被要会都也就这那它有]",
    "g",
  );
  const STOP_ENGLISH = new Set(
    ("a an and are do does for how in is of on or the to versus vs what why" +
      " with").split(" "),
  );
  const LONGEST_QUERY = 100;
  const WEAK = 0.2;

  /* One form for what is written in several: case, full width, look-alikes.
   * The length never changes, so positions hold in the original too. */
  const fold = (text) =>
    text.replace(/[A-Z]|[^\0-\x7f\u3001-\u303f\u3400-\u9fff]/gu, foldOne);

  const folds = new Map();

  const foldOne = (character) => {
    let folded = folds.get(character);
    if (!folded) {
      folded = character.normalize("NFKC").toLowerCase();
      if (folded.length !== character.length) folded = character;
      folds.set(character, folded);
    }
    return folded;
  };

  /* The stretches in which flags are set. */
  const runs = (flags) => {
    const list = [];
    flags.forEach((flag, i) => {
      const last = list[list.length - 1];
      if (flag && last && last.to === i) last.to += 1;
      else if (flag) list.push({ from: i, to: i + 1 });
    });
    return list;
  };

  /* A query is made of segments: runs of Chinese, and words of letters.
   * A segment is made of terms, which are looked up: two neighbouring
   * characters, a character that stands alone, or a word. */
  const segmentsOf = (query) => {
    const segments = new Map();
    for (const [text] of fold(query.normalize("NFKC")).matchAll(TOKEN)) {
      segments.set(text, IS_LETTER.test(text) ? word(text) : chinese(text));
    }
    const all = [...segments.values()];
    const telling = all.filter((segment) => segment.stops.includes(false));
    // A query of nothing but such words asks for them.
    return telling.length ? telling : all.map(unstopped);
  };

  const unstopped = (segment) => ({
    ...segment,
    stops: segment.stops.map(() => false),
    terms: segment.terms.map((term) => ({ ...term, weak: false, share: 1 })),
  });

  const word = (text) => {
    const weak = STOP_ENGLISH.has(text);
    // d_k is also d-k and dk; word2vec is also word 2 vec
    const parts = text.match(/\p{N}+|[^\p{N}\-_.]+/gu);
    const loose = parts.map((part) => [...part].join("[-_]?"));
    const pattern = new RegExp(loose.join("[-_. ]?"), "gu");
    const term = { text, weak, share: 1, from: 0, to: text.length, pattern };
    const each = (value) => Array(text.length).fill(value);
    return { text, stops: each(weak), shares: each(1), terms: [term] };
  };

  const chinese = (text) => {
    const stops = Array(text.length).fill(false);
    for (const { 0: found, index } of text.matchAll(STOP)) {
      stops.fill(true, index, index + found.length);
    }
    // Pairs of one run say much the same, so that five of them do not say
    // five times as much as one.
    const shares = Array(text.length).fill(1);
    for (const { from, to } of runs(stops.map((stop) => !stop))) {
      shares.fill(1 / Math.sqrt(Math.max(1, to - from - 1)), from, to);
    }
    const starts = [];
    for (let i = 0; i < text.length; i += 1) {
      if (!/[\udc00-\udfff]/.test(text[i])) starts.push(i);
    }
    starts.push(text.length);
    const terms = [];
    const add = (from, to, weak) => {
      const share = weak ? WEAK : shares[from];
      terms.push({ text: text.slice(from, to), weak, share, from, to });
    };
    for (let i = 0; i + 1 < starts.length; i += 1) {
      const [from, to, next] = starts.slice(i, i + 3);
      if (next) add(from, next, stops[from] || stops[to]);
      const before = i === 0 || stops[from - 1];
      const after = !next || stops[to];
      const alone = before && after && !stops[from];
      if (alone || starts.length === 2) add(from, to, stops[from]);
    }
    return { text, stops, shares, terms };
  };

  // -- Index --------------------------------------------------------------

  const VERSION = 1; // as in _ext/search
  const FIELD = { title: 0, path: 1, text: 2, names: 3 };
  const FIELDS = Object.values(FIELD);

  let units = null;
  let meanLength = 1;
  // Each field of all units as one text, and where each unit starts in it.
  let fields = [];
  let starts = [];
  const found = new Map(); // term -> where it is; typing repeats terms

  const receive = (version, pages) => {
    if (version !== VERSION) return; // one of the two is from a cache
    const rows = [[], [], [], []];
    units = [];
    for (const [address, sections, worth = 1] of Object.values(pages)) {
      const path = [];
      for (const [depth, anchor, title, text, names = ""] of sections) {
        path.length = depth;
        units.push({
          worth,
          address: anchor ? `${address}#${anchor}` : address,
          depth,
          title,
          text,
          path: [...path],
          index: units.length,
        });
        [title, path.join("\n"), text, names].forEach((field, i) => {
          rows[i].push(`${field}\n`);
        });
        path.push(title);
      }
    }
    fields = rows.map((list) => {
      const text = list.join("");
      return { text, folded: fold(text) };
    });
    starts = rows.map((list) => {
      let at = 0;
      return [...list.map((row) => (at += row.length) - row.length), at];
    });
    meanLength = fields[FIELD.text].text.length / units.length || 1;
    found.clear();
  };

  const isReady = () => units !== null;

  /* Where the label of a section or question is; "" if on no page, or on
   * several. */
  const addressOf = (label) => {
    const there = units.filter(({ address }) => address.endsWith(`#${label}`));
    return there.length === 1 ? there[0].address : "";
  };

  /* What a field of a unit holds. */
  const fieldOf = ({ index }, field) => {
    const { text, folded } = fields[field];
    const from = starts[field][index];
    const to = starts[field][index + 1] - 1;
    return { text: text.slice(from, to), folded: folded.slice(from, to) };
  };

  /* Whether a word begins here, or ends before: LayerNorm is two words. */
  const isEdge = (text, at) =>
    at === 0 ||
    at === text.length ||
    !IS_LETTER.test(text[at - 1]) ||
    !IS_LETTER.test(text[at]) ||
    (/\p{Lu}/u.test(text[at]) && /\p{Ll}/u.test(text[at - 1]));

  /* Go through the places of a term in a text, with how well each fits. */
  const scan = (term, { folded, text }, visit) => {
    if (!term.pattern) {
      const { length } = term.text;
      let from = folded.indexOf(term.text);
      while (from >= 0) {
        visit(from, from + length, 1);
        from = folded.indexOf(term.text, from + length);
      }
      return;
    }
    term.pattern.lastIndex = 0;
    let match = term.pattern.exec(folded);
    while (match) {
      const from = match.index;
      const to = from + match[0].length;
      const whole = isEdge(text, to);
      // The beginning of a word will do, as one types, but not one letter.
      if (isEdge(text, from) && (whole || to - from > 1)) {
        visit(from, to, whole ? 1 : 0.6);
      }
      match = term.pattern.exec(folded);
    }
  };

  const places = (term, field) => {
    const list = [];
    scan(term, field, (from, to) => list.push({ from, to, term }));
    return list;
  };

  /* The units that hold a term, with a sum of fits for each field. */
  const look = (term) => {
    let hits = found.get(term.text);
    if (hits) return hits;
    hits = new Map();
    for (const field of FIELDS) {
      const ends = starts[field];
      let index = 0;
      scan(term, fields[field], (from, to, fit) => {
        while (ends[index + 1] <= from) index += 1;
        let counts = hits.get(index);
        if (!counts) hits.set(index, (counts = [0, 0, 0, 0]));
        counts[field] += fit;
      });
    }
    let own = 0;
    for (const counts of hits.values()) {
      if (counts[FIELD.title] || counts[FIELD.text]) own += 1;
    }
    hits.rarity = rarity(own);
    if (found.size > 500) found.clear();
    found.set(term.text, hits);
    return hits;
  };

  const rarity = (count) =>
    Math.log(1 + (units.length - count + 0.5) / (count + 0.5));

  // -- Ranking ------------------------------------------------------------

  const WEIGHT = [6, 2, 1, 0.4];
  const SATURATION = 1.2;
  const LENGTH = 0.6;
  // The share of a segment's weight below which it is not what was meant:
  // 学习 alone is not 强化学习.
  const ENOUGH = 0.3;
  // The share that a unit must hold itself, and not the headings above it.
  const OWN = 0.15;
  // What a heading that says just what was asked for gains.
  const EXACT = 1;

  /* What of a segment is in the notes at all, and what it weighs. */
  const weigh = (segment) => {
    const { text, stops, shares, terms } = segment;
    const held = Array(text.length).fill(false);
    let weight = 0;
    for (const term of terms) {
      term.hits = look(term);
      term.weight = term.hits.size ? term.hits.rarity * term.share : 0;
      weight += term.weight;
      if (term.weight && !term.weak) held.fill(true, term.from, term.to);
    }
    const absent = runs(held.map((has, i) => !has && !stops[i]));
    const loss = absent
      .map(({ from, to }) => [to - from, shares[from]])
      .map(([size, share]) => share * (size > 1 ? size - 1 : 0.4))
      .reduce((sum, share) => sum + share * rarity(0), 0);
    const cut = ({ from, to }) => text.slice(from, to);
    segment.present = runs(held).map(cut);
    segment.absent = absent.map(cut);
    segment.weight = weight + loss;
    segment.missing = weight < ENOUGH * segment.weight || !weight;
  };

  /* How much of a heading, or of one of its parts, a query says. */
  const fitOfTitle = (field, terms) => {
    const title = field.text;
    const hit = Array(title.length).fill(false);
    for (const term of terms) {
      scan(term, field, (from, to) => hit.fill(true, from, to));
    }
    const telling = title.replace(STOP, (stop) => " ".repeat(stop.length));
    let best = 0;
    for (const part of title.matchAll(/[^（）()：:，,、/？?]+/g)) {
      let letters = 0;
      let hits = 0;
      for (let i = part.index; i < part.index + part[0].length; i += 1) {
        if (!/[\p{L}\p{N}]/u.test(telling[i])) continue;
        letters += 1;
        if (hit[i]) hits += 1;
      }
      if (letters) best = Math.max(best, hits / letters);
    }
    return best;
  };

  /* How well a unit answers; 0 if it does not.
   * BM25 over the fields, times how much of the query is there at all. */
  const scoreOf = (unit, { segments, terms, whole }) => {
    let score = 0;
    let coverage = 0;
    let inTitle = false;
    let headed = 0;
    let own = false;
    const length = starts[FIELD.text][unit.index + 1] -
      starts[FIELD.text][unit.index];
    // A few lines that mention a word do not explain it.
    const least = Math.max(length, meanLength / 2);
    const size = 1 - LENGTH + (LENGTH * least) / meanLength;
    for (const segment of segments) {
      let weight = 0;
      let sum = 0;
      let here = 0;
      for (const term of segment.terms) {
        const counts = term.hits.get(unit.index);
        if (!counts) continue;
        const [title, path, text, names] = counts;
        const frequency =
          WEIGHT[FIELD.title] * Math.min(title, 1) +
          WEIGHT[FIELD.path] * Math.min(path, 1) +
          (WEIGHT[FIELD.text] * text) / size +
          WEIGHT[FIELD.names] * Math.min(names, 1);
        sum +=
          (term.weight * frequency * (SATURATION + 1)) /
          (frequency + SATURATION);
        weight += term.weight;
        if (title) inTitle = true;
        if (title || path) headed += term.weight;
        if (title || text || names) here += term.weight;
      }
      if (here >= OWN * segment.weight) own = true;
      if (weight < ENOUGH * segment.weight) continue;
      score += sum;
      coverage += weight;
    }
    // Below a heading that matches stands much that does not.
    if (!own) return 0;
    score *= unit.worth * Math.pow(coverage / whole, 1.5);
    if (inTitle) {
      const asked = headed / whole;
      const fit = fitOfTitle(fieldOf(unit, FIELD.title), terms);
      // Whoever types a heading wants to go there.
      score *= 1 + asked * (fit + EXACT * fit ** 4);
      if (unit.depth === 0 && asked > 0.3) score *= 1.2;
    }
    return score;
  };

  // -- Excerpts -----------------------------------------------------------

  const WINDOW = 90;

  /* The stretch of a unit's text that holds most of a query, marked. */
  const excerptOf = (unit, terms) => {
    const field = fieldOf(unit, FIELD.text);
    const all = terms
      .filter((term) => term.weight && !term.weak)
      .flatMap((term) => places(term, field))
      .sort((a, b) => a.from - b.from);
    const best = bestWindow(all);
    let from = Math.max(0, best.from - 30);
    const lead = unit.text.slice(from, best.from);
    from += lead.search(/[。！？；][^。！？；]*$/) + 1;
    const to = Math.min(unit.text.length, from + WINDOW + 40);
    return {
      weight: best.weight,
      before: from > 0,
      after: to < unit.text.length,
      pieces: marked(unit.text, all, from, to),
    };
  };

  /* The first of the windows with the greatest weight of different terms. */
  const bestWindow = (all) => {
    const inside = new Map();
    let best = { weight: 0, from: 0 };
    let weight = 0;
    let end = 0;
    for (const { from, term } of all) {
      while (end < all.length && all[end].from < from + WINDOW) {
        const next = all[end].term;
        const count = inside.get(next) || 0;
        if (!count) weight += next.weight;
        inside.set(next, count + 1);
        end += 1;
      }
      if (weight > best.weight + 1e-9) best = { weight, from };
      inside.set(term, inside.get(term) - 1);
      if (!inside.get(term)) weight -= term.weight;
    }
    return best;
  };

  /* A text cut into pieces of what is marked and what is not. */
  const marked = (text, list, from, to) => {
    const pieces = [];
    let at = from;
    const push = (end, mark) => {
      if (end > at) {
        const last = pieces[pieces.length - 1];
        const piece = text.slice(at, end);
        if (last && last.mark === mark) last.text += piece;
        else pieces.push({ text: piece, mark });
        at = end;
      }
    };
    for (const place of list) {
      if (place.to <= at || place.from >= to) continue;
      push(place.from, false);
      push(Math.min(place.to, to), true);
    }
    push(to, false);
    return pieces;
  };

  // -- Answers ------------------------------------------------------------

  const MOST = 100;
  const NEAR = 30;
  // Results far below the first are not worth reading.
  const LEAST = 0.08;

  const search = (query) => {
    const asked = segmentsOf(query.slice(0, LONGEST_QUERY));
    asked.forEach(weigh);
    const segments = asked.filter((segment) => !segment.missing);
    const terms = segments.flatMap((segment) => segment.terms);
    const whole = segments.reduce((sum, { weight }) => sum + weight, 0);
    const held = asked.flatMap((segment) => segment.present);
    return {
      words: asked.map(({ text }) => text),
      cutAt: query.length > LONGEST_QUERY ? LONGEST_QUERY : 0,
      missing: asked.flatMap(({ text, missing, absent }) =>
        missing ? [text] : absent.filter((part) => part.length > 1),
      ),
      // Nothing is found, but parts of what was asked for would be.
      instead: segments.length
        ? []
        : [...new Set(held)].filter((text) => text.length > 1),
      results: rank({ segments, terms, whole }),
    };
  };

  const rank = (query) => {
    const { terms, whole } = query;
    const candidates = new Set(terms.flatMap((t) => [...t.hits.keys()]));
    const best = (list) => list.sort((a, b) => b.score - a.score);
    const results = best(
      [...candidates]
        .map((index) => units[index])
        .map((unit) => ({ unit, score: scoreOf(unit, query) }))
        .filter(({ score }) => score),
    ).slice(0, MOST);
    const near = results.splice(0, NEAR);
    for (const result of near) {
      result.excerpt = excerptOf(result.unit, terms);
      // Words that stand together belong together.
      result.score *= 1 + (0.3 * result.excerpt.weight) / whole;
    }
    const all = [...best(near), ...results];
    const kept = all.filter(({ score }) => score >= LEAST * all[0].score);
    const strong = terms.filter((term) => !term.weak);
    for (const result of kept) {
      const { unit } = result;
      const title = fieldOf(unit, FIELD.title);
      const all = strong
        .flatMap((term) => places(term, title))
        .sort((a, b) => a.from - b.from);
      result.title = marked(unit.title, all, 0, unit.title.length);
      result.excerpt = result.excerpt || excerptOf(unit, terms);
    }
    return kept;
  };

  globalThis.siteSearch = {
    addressOf,
    fold,
    isReady,
    receive,
    search,
    segmentsOf,
  };
})();
