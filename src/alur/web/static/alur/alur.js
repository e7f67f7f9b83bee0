// Alur's one script: keys, ticked rows, copy, theme, dialogs. Every page works without it; nothing here knows an order.
// A part asks for behaviour by an attribute: data-key, data-open, data-close, data-copy, data-theme-switch, data-list, data-set.
(() => {
  "use strict";
  const $ = (sel, at = document) => at.querySelector(sel);
  const all = (sel, at = document) => [...at.querySelectorAll(sel)];
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)) && !/^(checkbox|radio|button|submit)$/.test(el.type);
  const shown = (el) => el && el.getClientRects().length > 0;

  // ---------- keys ----------
  const pressed = (e) => (e.ctrlKey || e.metaKey ? "ctrl+" : "") + (e.altKey ? "alt+" : "") + (e.key.length === 1 ? e.key.toLowerCase() : e.key);
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing) return;
    const key = pressed(e), free = !typing(e.target);
    const modal = $("dialog[open]");
    if (!free && !key.startsWith("ctrl+")) return;
    const found = all(`[data-key="${CSS.escape(key)}"]`, modal || document).find((el) => shown(el) && !el.disabled);
    if (found) { e.preventDefault(); found.click(); return; }
    if (!modal && free && moves[key] && list()) { if (moves[key](list()) !== false) e.preventDefault(); }
  });

  // ---------- lists: j k move, x ticks, Enter opens ----------
  const list = () => all("[data-list]").find(shown);
  const rows = (table) => all("tbody tr[id]", table).filter(shown);
  const at = (table) => $("tr.at", table);
  const stand = (row) => {
    all("tr.at", row.closest("table")).forEach((r) => r.classList.remove("at"));
    row.classList.add("at");
    row.scrollIntoView({ block: "nearest" });
    sessionStorage.setItem(`at:${location.pathname}`, row.id);
  };
  const step = (by) => (table) => {
    const every = rows(table), now = every.indexOf(at(table));
    const next = every[now < 0 ? (by > 0 ? 0 : every.length - 1) : Math.min(Math.max(now + by, 0), every.length - 1)];
    if (next) stand(next);
  };
  const moves = {
    j: step(1), k: step(-1),
    x: (table) => { const box = at(table) && $("input[type=checkbox]", at(table)); if (box && !box.disabled) box.click(); },
    Enter: (table) => { const link = at(table) && $("a[href]", at(table)); if (!link || document.activeElement.closest("a, button, summary")) return false; link.click(); },
    Escape: (table) => untick(table.closest("form")),
  };
  const back = () => { const row = document.getElementById(sessionStorage.getItem(`at:${location.pathname}`) || ""); if (row && row.closest("[data-list]")) row.classList.add("at"); };

  // ---------- ticked rows and their bar ----------
  let last = null;
  const boxes = (form) => all("tbody input[type=checkbox][name=ids]", form).filter((b) => !b.disabled);
  const count = (form) => {
    const ticked = boxes(form).filter((b) => b.checked);
    all("tbody tr", form).forEach((r) => { const b = $("input[type=checkbox][name=ids]", r); if (b && b.checked) r.setAttribute("aria-selected", "true"); else r.removeAttribute("aria-selected"); });
    const head = $("thead input[type=checkbox]", form);
    if (head) { head.checked = ticked.length > 0 && ticked.length === boxes(form).length; head.indeterminate = ticked.length > 0 && !head.checked; }
    const bar = $(".bulk", form);
    if (bar) bar.hidden = ticked.length === 0;
    all("[data-count]", form).forEach((el) => { el.textContent = ticked.length.toLocaleString(document.documentElement.lang); });
    const every = $("[name=all]", form), far = every && !every.disabled ? Number($("[data-all]", form).dataset.all) : 0;
    if (far) all("[data-count]", form).forEach((el) => { el.textContent = far.toLocaleString(document.documentElement.lang); });
    all("[data-sum-of]", form).forEach((el) => { el.hidden = far > 0; });
    all("[data-all]", form).forEach((el) => { el.hidden = far > 0; });
    const sum = ticked.reduce((s, b) => s + Number(b.dataset.value || 0), 0);
    all("[data-sum]", form).forEach((el) => { el.textContent = sum.toLocaleString(document.documentElement.lang); });
  };
  const untick = (form) => { if (!form || !form.matches("[data-set]") || !boxes(form).some((b) => b.checked)) return false; boxes(form).forEach((b) => { b.checked = false; }); near(form); };
  // the whole list, all its pages: one press for every row; touching a box goes back to those ticked
  const near = (form) => { const every = $("[name=all]", form); if (every) every.disabled = true; count(form); };
  document.addEventListener("click", (e) => {
    const form = e.target.closest("[data-all]") && e.target.closest("[data-set]");
    if (!form) return;
    boxes(form).forEach((b) => { b.checked = true; });
    $("[name=all]", form).disabled = false;
    count(form);
  });
  document.addEventListener("click", (e) => {
    const box = e.target.closest("input[name=ids]"), form = box && box.closest("[data-set]");
    if (!form) return;
    if (e.shiftKey && last && last !== box && form.contains(last)) {
      const every = boxes(form), [a, b] = [every.indexOf(last), every.indexOf(box)].sort((x, y) => x - y);
      every.slice(a, b + 1).forEach((each) => { each.checked = box.checked; });
    }
    last = box;
  });
  document.addEventListener("change", (e) => {
    const form = e.target.closest("[data-set]");
    if (!form) return;
    if (e.target.closest("thead")) boxes(form).forEach((b) => { b.checked = e.target.checked; });
    near(form);
  });

  // ---------- copy, theme, dialogs, menus ----------
  document.addEventListener("click", async (e) => {
    const copy = e.target.closest("[data-copy]");
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.classList.add("done");
      setTimeout(() => copy.classList.remove("done"), 1200);
    }
    const theme = e.target.closest("[data-theme-switch]");
    if (theme) {
      e.preventDefault();
      const order = ["auto", "light", "dark"], html = document.documentElement;
      const next = order[(order.indexOf(html.dataset.theme || "auto") + 1) % 3];
      if (next === "auto") delete html.dataset.theme; else html.dataset.theme = next;
      document.cookie = `theme=${next};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
    }
    const open = e.target.closest("[data-open]");
    if (open) { e.preventDefault(); show(document.getElementById(open.dataset.open)); }
    const shut = e.target.closest("[data-close]"), dialog = e.target.closest("dialog");
    if (dialog && (shut || e.target === dialog)) { e.preventDefault(); dialog.close(); }
    else if (shut) { e.preventDefault(); shut.closest(shut.dataset.close || ".toast, .outcome").remove(); }
    if (e.target.closest("[data-untick]")) untick(e.target.closest("[data-set]"));
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(e.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (e) => {
    const menu = e.key === "Escape" && $("details.menu[open]");
    if (menu) { menu.open = false; $("summary", menu).focus(); }
  });
  const show = (dialog) => {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const field = $("[autofocus]", dialog) || $("input:not([type=hidden]), textarea, select", dialog);
    if (field) { field.focus(); if (field.select) field.select(); }
    if (window.htmx && field) window.htmx.trigger(field, "load-palette");
  };

  // ---------- the palette: arrows move, Enter goes to what is chosen, which is the first until somebody moves ----------
  const choose = (palette, option) => {
    all("[role=option]", palette).forEach((a) => a.setAttribute("aria-selected", String(a === option)));
    const field = $("input", palette);
    if (option) { option.scrollIntoView({ block: "nearest" }); field.setAttribute("aria-activedescendant", option.id); } else field.removeAttribute("aria-activedescendant");
  };
  document.addEventListener("keydown", (e) => {
    const palette = e.target.closest("dialog.palette");
    if (!palette || !["ArrowDown", "ArrowUp", "Enter", "Escape"].includes(e.key)) return;
    if (e.key === "Escape") { e.preventDefault(); palette.close(); return; }
    const options = all("[role=option]", palette), now = options.findIndex((a) => a.getAttribute("aria-selected") === "true");
    if (e.key === "Enter") { if (now >= 0 && palette.dataset.said === $("input", palette).value) { e.preventDefault(); options[now].click(); } return; }
    e.preventDefault();
    choose(palette, options[(now + (e.key === "ArrowDown" ? 1 : options.length - 1) + options.length) % options.length]);
  });
  document.addEventListener("htmx:afterSwap", (e) => {
    const palette = e.target.id === "found" && e.target.closest("dialog.palette");
    if (palette) { palette.dataset.said = $("input", palette).value; choose(palette, $("[role=option]", palette)); }
  });

  // ---------- what htmx brings ----------
  const arrive = (root) => {
    all("dialog.drawer[data-show]", root.parentElement || root).forEach(show);
    all("[data-set]").forEach(count);
    all(".toast:not([data-timed])").forEach((t) => { t.dataset.timed = ""; setTimeout(() => { if (!t.matches(":hover, :focus-within")) t.remove(); }, 9000); });
  };
  document.addEventListener("htmx:load", (e) => arrive(e.detail.elt));
  document.addEventListener("alur:moved", () => { all("dialog.drawer[open]").forEach((d) => d.close()); all("[data-set]").forEach(near); });
  document.addEventListener("htmx:afterSettle", () => { all("[data-set]").forEach(count); if (list() && !at(list())) back(); });
  document.addEventListener("DOMContentLoaded", () => { back(); arrive(document.body); });
})();
