"use strict";
/* Text of articles only ever becomes textContent. Data pages are scripts, as a page opened from the
   disk may load those and may not fetch. */
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const make = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};

/* Sorting: numbers by value, text by language; what is missing stays last. */
const order = (a, b, down) => {
  if (a === "" || b === "") return (a === "") - (b === "");
  const numbers = typeof a === "number" && typeof b === "number";
  const found = numbers ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  return down ? -found : found;
};
const sortable = (table, sort) => {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const first = column ? "descending" : "ascending";
    const other = column ? "ascending" : "descending";
    const way = head.getAttribute("aria-sort") === first ? other : first;
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", way);
    sort(column, way === "descending");
  }));
};

/* The table of groups. */
const groups = byId("groups");
const body = groups.querySelector("tbody.rows");
const rows = body ? [...body.rows] : [];
const valueOf = (row, column) => {
  const value = row.cells[column].dataset.v;
  return column === 0 || value === "" ? value : Number(value);
};
sortable(groups, (column, down) => {
  rows.sort((a, b) => order(valueOf(a, column), valueOf(b, column), down));
  if (body) body.append(...rows);
});
byId("filter").addEventListener("input", (event) => {
  const asked = event.target.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    row.hidden = !row.cells[0].dataset.v.toLowerCase().includes(asked);
    shown += !row.hidden;
  }
  byId("count").textContent = asked ? `${shown} of ${rows.length} groups` : "";
});

/* One choice shows all articles or a group in every section. */
const choice = byId("set");
const choose = () => {
  for (const part of document.querySelectorAll("[data-set]")) {
    part.hidden = part.dataset.set !== choice.value;
  }
  if (list.read) { list.page = 0; draw(); }
};
choice.addEventListener("change", choose);

/* Data pages. */
const waiting = new Map();
const load = (name) => new Promise((done, failed) => {
  const script = make("script");
  script.src = `corpus/pages/${name}.js`;
  script.onerror = () => failed(new Error(`corpus/pages/${name}.js cannot be read; keep the folder corpus beside this page`));
  waiting.set(name, (value) => { waiting.delete(name); script.remove(); done(value); });
  document.head.append(script);
});
window.stanceText = (number, packed) => waiting.get(`text-${number}`)?.(packed);
window.stanceArticles = (number, rows) => waiting.get(`articles-${number}`)?.(rows);

/* The list of articles: read once, all of it, when it is asked for. */
const list = { read: false, rows: [], shown: [], page: 0, size: 50, column: -1, down: false };
const percentOf = (row, frame) => (row[3] ? (100 * row[4 + frame]) / row[3] : "");
const keyOf = (row, column) => {
  if (column === 1) return data.groups[row[1]];
  return column < 4 ? row[column] : percentOf(row, column - 4);
};
const draw = () => {
  const asked = byId("find").value.trim().toLowerCase();
  const group = data.sets[Number(choice.value)];
  list.shown = list.rows.filter((row) => (group < 0 || row[1] === group) && row[0].toLowerCase().includes(asked));
  if (list.column >= 0) list.shown.sort((a, b) => order(keyOf(a, list.column), keyOf(b, list.column), list.down));
  const start = list.page * list.size;
  const part = list.shown.slice(start, start + list.size);
  byId("listed").tBodies[0].replaceChildren(...part.map(rowOf));
  byId("back").disabled = start === 0;
  byId("on").disabled = start + list.size >= list.shown.length;
  byId("place").textContent = part.length ? `${start + 1} to ${start + part.length} of ${list.shown.length}` : "no article";
};
const rowOf = (row) => {
  const made = make("tr");
  const head = make("th", undefined, "name");
  head.scope = "row";
  const link = make("a");
  link.href = `#a${row.number}`;
  link.append(make("bdi", row[0]));
  head.append(link);
  const group = make("td");
  group.append(make("bdi", data.groups[row[1]]));
  made.append(head, group, make("td", row[2].slice(0, 10), "day"), make("td", row[3], "num"));
  data.frames.forEach((_, frame) => {
    const share = percentOf(row, frame);
    made.append(make("td", share === "" ? "–" : `${Math.round(share)} %`, "num"));
  });
  return made;
};
const turn = (by) => { list.page += by; draw(); };
byId("list").addEventListener("click", async () => {
  byId("list").disabled = true;
  byId("place").textContent = "reading …";
  try {
    const names = Array.from({ length: data.lists }, (_, k) => `articles-${k}`);
    list.rows = (await Promise.all(names.map(load))).flat();
  } catch (error) {
    byId("place").textContent = error.message;
    byId("list").disabled = false;
    return;
  }
  list.rows.forEach((row, number) => { row.number = number; });
  list.read = true;
  byId("list").hidden = true;
  for (const id of ["listed", "back", "on"]) byId(id).hidden = false;
  byId("find").parentElement.hidden = false;
  draw();
  byId("find").focus();
});
byId("find").addEventListener("input", () => { list.page = 0; draw(); });
byId("back").addEventListener("click", () => turn(-1));
byId("on").addEventListener("click", () => turn(1));
sortable(byId("listed"), (column, down) => { Object.assign(list, { column, down, page: 0 }); draw(); });

/* An article beside the page. */
const reader = byId("reader");
const pages = new Map();
const inflate = async (packed) => {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
};
const textPage = (page) => {
  if (!pages.has(page)) pages.set(page, load(`text-${page}`).then(inflate));
  pages.get(page).catch(() => pages.delete(page));
  return pages.get(page);
};
const tell = (piece, span) => {
  for (const each of byId("text").querySelectorAll(".here")) each.classList.remove("here");
  span.classList.add("here");
  const [, , probabilities, , , told] = piece;
  const lines = probabilities.length ? probabilities.map((p, k) => `${data.frames[k]} ${p} %`) : ["not scored"];
  byId("told").textContent = [...lines, ...told].join(" · ");
};
const colourOf = (frame) => `var(--c${frame})`;
const sentence = (piece) => {
  const [text, id, probabilities, frames, speech] = piece;
  const span = make("span", text, `s${speech ? " speech" : ""}${probabilities.length ? "" : " n"}`);
  span.id = `s${id}`;
  span.tabIndex = 0;
  if (frames.length) {
    const part = 100 / frames.length;
    const stops = frames.map((frame, k) => `${colourOf(frame)} ${k * part}% ${(k + 1) * part}%`);
    span.classList.add("on");
    span.style.backgroundImage = `linear-gradient(90deg, ${stops.join(", ")})`;
  }
  span.addEventListener("focus", () => tell(piece, span));
  span.addEventListener("click", () => tell(piece, span));
  return span;
};
const pieceOf = (piece) => {
  if (typeof piece === "string") return document.createTextNode(piece);
  if (piece.length > 2) return sentence(piece);
  const kept = make("span", piece[0], "o");
  kept.title = `kept out: ${piece[1]}`;
  return kept;
};
const fill = (article) => {
  byId("title").textContent = article.name;
  byId("where").textContent = `${article.place} · ${article.n} scored sentences`;
  [...byId("shares").children].forEach((row, frame) => {
    const share = article.shares[frame];
    const bar = make("i", undefined, "v");
    const reach = make("i", undefined, "w");
    if (share) {
      bar.style.setProperty("--v", share[0]);
      reach.style.setProperty("--l", share[1]);
      reach.style.setProperty("--w", share[2] - share[1]);
    }
    row.children[1].replaceChildren(...(share ? [bar, reach] : []));
    row.children[2].textContent = share ? `${Math.round(share[0])} %` : "–";
    byId("text").style.setProperty(`--c${frame}`, getComputedStyle(row).getPropertyValue("--c"));
  });
  byId("told").textContent = "";
  byId("text").replaceChildren(...article.pieces.map(pieceOf));
};
const open = async (number, at) => {
  const page = data.starts.findLastIndex((first) => first <= number);
  let article;
  try {
    article = (await textPage(page))[number - data.starts[page]];
  } catch (error) {
    byId("title").textContent = "This article cannot be shown";
    byId("where").textContent = error.message;
    byId("text").replaceChildren();
    if (!reader.open) reader.showModal();
    return;
  }
  fill(article);
  if (!reader.open) reader.showModal();
  const wanted = at === undefined ? null : byId(`s${at}`);
  if (wanted) {
    wanted.scrollIntoView({ block: "center", behavior: "instant" });
    wanted.focus({ preventScroll: true });
  } else {
    reader.scrollTop = 0;
  }
};
let inside = false;
const follow = () => {
  const article = /^#a(\d+)(?:s(\d+))?$/.exec(location.hash);
  const group = /^#g(\d+)$/.exec(location.hash);
  if (article && Number(article[1]) < data.articles) {
    open(Number(article[1]), article[2]);
  } else if (reader.open) {
    reader.close();
  }
  if (group && Number(group[1]) < data.sets.length) {
    choice.value = group[1];
    choose();
    const part = byId("trends") ?? byId("typical");
    part.scrollIntoView();
  }
};
window.addEventListener("hashchange", () => { inside = true; follow(); });
byId("close").addEventListener("click", () => reader.close());
reader.addEventListener("close", () => {
  if (!location.hash.startsWith("#a")) return;
  if (!/^#a\d/.test(location.hash)) return;
  if (inside) history.back();
  else location.hash = "#overview";
});
choose();
follow();
