// The board: cards are dragged, or carried with keys, to another day or method, or onto another delivery of the same drop. The form does the rest.
(() => {
  "use strict";
  const $ = (sel, at = document) => at.querySelector(sel);
  const all = (sel, at = document) => [...at.querySelectorAll(sel)];
  let carried = null, target = null, focus = "";

  const cells = () => all("[data-cell][data-day]");
  const mark = (cell) => { all(".over").forEach((each) => each.classList.remove("over")); target = cell; if (cell) { cell.classList.add("over"); cell.scrollIntoView({ block: "nearest" }); } };
  const say = (what) => { const said = $("[data-carried]"); if (said) said.textContent = said.dataset[what] || ""; };
  const leave = () => { all(".carried, .joins").forEach((card) => card.classList.remove("carried", "joins")); mark(null); carried = null; };

  // one card, or all that are ticked if it is one of them
  const put = (card, to) => {
    const form = $("#plan");
    if (!form) return;
    if (!$("input", card).checked) all("input[name=ids]").forEach((box) => { box.checked = box.closest(".drop") === card; });
    const fields = form.elements;
    fields.join.value = to.join || "";
    fields.day.value = to.day || "";
    fields.method.value = to.method || "";
    fields.vehicle.value = "";
    fields.driver.value = "";
    focus = card.id;
    form.requestSubmit();
  };
  const reach = (card, cell) => {
    const from = card.closest("[data-cell]").dataset;
    if (cell.dataset.day === from.day && cell.dataset.method === from.method) return null;
    return { day: cell.dataset.day === from.day ? "" : cell.dataset.day, method: cell.dataset.method === from.method ? "" : cell.dataset.method };
  };
  const offer = (day) => { const list = $("#plan [name=day]"); if (day && ![...list.options].some((each) => each.value === day)) list.add(new Option(day, day)); };
  const drop = (card, cell) => { const to = reach(card, cell); leave(); if (to) { offer(to.day); put(card, to); } };

  // ---------- drag ----------
  document.addEventListener("dragstart", (e) => {
    carried = e.target.closest("[data-card]");
    if (!carried) return;
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", carried.id);
    all(".drop:not(.fixed)").forEach((each) => each.classList.toggle("joins", each !== carried && each.dataset.place === carried.dataset.place));
  });
  document.addEventListener("dragover", (e) => {
    const cell = carried && e.target.closest("[data-cell][data-day]");
    if (!cell) return;
    e.preventDefault();
    if (cell !== target) mark(cell);
  });
  document.addEventListener("drop", (e) => {
    const cell = carried && e.target.closest("[data-cell][data-day]"), on = e.target.closest(".drop.joins"), card = carried;
    if (!cell) return;
    e.preventDefault();
    if (on && on !== card) { leave(); put(card, { join: on.dataset.id }); } else drop(card, cell);
  });
  document.addEventListener("dragend", leave);

  // ---------- keys: arrows go, x ticks, m carries, Enter puts down, Escape leaves ----------
  const cards = (cell) => all("[data-card]", cell);
  const beside = (cell, key) => {
    const row = cell.closest("tr"), n = [...row.children].indexOf(cell);
    if (key === "ArrowLeft") return n > 1 ? row.children[n - 1] : null;
    if (key === "ArrowRight") return row.children[n + 1] || null;
    const other = key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
    return other && other.children[n];
  };
  const box = (card) => $("input", card);
  const step = (card, key) => {
    const cell = card.closest("[data-cell]"), own = cards(cell), at = own.indexOf(card);
    const inside = key === "ArrowDown" ? own[at + 1] : key === "ArrowUp" ? own[at - 1] : null;
    if (inside) return inside;
    let next = beside(cell, key);
    while (next && !cards(next).length) next = beside(next, key);
    return next && (key === "ArrowUp" ? cards(next).at(-1) : cards(next)[0]);
  };
  document.addEventListener("keydown", (e) => {
    const card = e.target.closest && e.target.closest("[data-card]");
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (!card) {
      if (!carried && e.key.startsWith("Arrow") && e.target === document.body && $("[data-card]")) { e.preventDefault(); box($("[data-card]")).focus(); }
      return;
    }
    if (carried) {
      if (e.key === "Escape") { leave(); say("left"); } else if (e.key === "Enter" || e.key === "m") drop(card, target || card.closest("[data-cell]"));
      else if (e.key.startsWith("Arrow")) {
        let next = beside(target || card.closest("[data-cell]"), e.key);
        if (next && !next.dataset.day) next = null;
        if (next) mark(next);
      } else return;
      e.preventDefault();
      e.stopPropagation();
      return;
    }
    if (e.key.startsWith("Arrow")) { const next = step(card, e.key); if (next) { box(next).focus(); next.scrollIntoView({ block: "nearest" }); } }
    else if (e.key === "m") { carried = card; card.classList.add("carried"); mark(cells().includes(card.closest("[data-cell]")) ? card.closest("[data-cell]") : cells().find((cell) => cell.dataset.day)); say("up"); }
    else if (e.key === "x") box(card).click();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }, true);

  const begin = () => { const help = $("[data-carry-help]"); if (help) help.hidden = false; };
  document.addEventListener("htmx:afterSettle", () => { begin(); const card = focus && document.getElementById(focus); if (card && box(card)) { box(card).focus(); focus = ""; } });
  document.addEventListener("DOMContentLoaded", begin);
})();
