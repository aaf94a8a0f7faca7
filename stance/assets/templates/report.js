"use strict";
// The page is whole without this: it adds arrow keys, counts, and the box beside its sentence.
(() => {
  const article = (section) => {
    const all = (selector) => [...section.querySelectorAll(selector)];
    const sentences = all(".s");
    const cells = all(".strip a");
    const selects = all(".filters select");
    const count = section.querySelector(".count");
    const cellOf = new Map(cells.map((cell) => [cell.hash.slice(1), cell]));
    const links = all("a[data-place]");
    let last = null;

    const chosen = () => selects.map((s) => s.selectedOptions[0].className).filter(Boolean);
    const matching = () => {
      const places = chosen();
      return sentences.filter((s) => places.every((place) => s.classList.contains(place)));
    };
    const tell = () => {
      const places = chosen();
      const found = matching().length;
      if (count) {
        count.textContent = places.length ? `${found} of ${sentences.length} sentences` : "";
      }
      for (const link of links) {
        if (places.includes(link.dataset.place)) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    };
    const only = (place) => {
      for (const select of selects) {
        const options = [...select.options];
        select.selectedIndex = place ? Math.max(0, options.findIndex((o) => o.className === place)) : 0;
      }
      tell();
    };
    const roving = (group, current) => {
      for (const element of group) element.tabIndex = element === current ? 0 : -1;
    };
    const go = (sentence) => {
      if (!sentence) return;
      sentence.scrollIntoView({ block: "center" });
      sentence.focus({ preventScroll: true });
    };
    const place = (sentence, x) => {
      const box = sentence.querySelector(".box");
      if (!box || innerWidth < 700) {
        if (box) box.removeAttribute("style");
        return;
      }
      const lines = [...sentence.getClientRects()];
      const low = lines[lines.length - 1];
      const width = Math.min(400, innerWidth - 24);
      const left = Math.max(12, Math.min(x ?? low.left, innerWidth - width - 12));
      box.style.cssText = `width:${width}px;left:${left}px;right:auto;top:${low.bottom}px;bottom:auto`;
      const over = low.bottom + box.offsetHeight > innerHeight - 8;
      if (over) box.style.top = `${Math.max(8, lines[0].top - box.offsetHeight)}px`;
    };
    const mark = (sentence) => {
      for (const cell of cells) cell.classList.toggle("here", cell === cellOf.get(sentence?.id));
    };
    const show = (sentence, x) => {
      section.classList.remove("hush");
      place(sentence, x);
      mark(sentence);
    };

    sentences.forEach((sentence) => {
      sentence.addEventListener("mouseenter", (event) => show(sentence, event.clientX - 30));
      sentence.addEventListener("mouseleave", () => mark(section.querySelector(".s:focus")));
      sentence.addEventListener("focus", () => {
        last = sentence;
        roving(sentences, sentence);
        show(sentence);
      });
      sentence.addEventListener("blur", () => mark(null));
    });
    const step = (group, from, by) => group[(group.indexOf(from) + by + group.length) % group.length];
    const keys = { ArrowRight: 1, j: 1, ArrowLeft: -1, k: -1 };
    section.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        section.classList.add("hush");
        only(null);
        return;
      }
      const by = keys[event.key];
      const on = event.target;
      if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
      if (on.classList.contains("s")) {
        const group = matching();
        go(group.includes(on) ? step(group, on, by) : group[0]);
      } else if (cells.includes(on)) {
        const next = step(cells, on, by);
        roving(cells, next);
        next.focus();
      } else return;
      event.preventDefault();
    });
    for (const cell of cells) {
      cell.addEventListener("click", (event) => {
        event.preventDefault();
        go(document.getElementById(cell.hash.slice(1)));
      });
      cell.addEventListener("focus", () => roving(cells, cell));
    }
    // A bar leads to the first of its sentences, and every further click to the next.
    for (const link of links) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        const again = link.hasAttribute("aria-current");
        if (!again) only(link.dataset.place);
        const group = matching();
        const before = again && last ? group.indexOf(last) : -1;
        go(group[(before + 1) % group.length]);
        if (count) count.textContent = `sentence ${((before + 1) % group.length) + 1} of ${group.length}`;
      });
    }
    for (const select of selects) select.addEventListener("change", tell);
    for (const button of all(".filters button")) {
      button.hidden = false;
      button.addEventListener("click", () => only(null));
    }
    addEventListener("scroll", () => {
      const sentence = section.querySelector(".s:focus");
      if (sentence) place(sentence);
    }, { passive: true });
    if (sentences.length) roving(sentences, sentences[0]);
    if (cells.length) roving(cells, cells[0]);
  };

  document.querySelectorAll(".article").forEach(article);
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details.print")) fold.open = true;
  });
})();
