// Open pages keep up: what changed is fetched, put in its place and marked for a moment. Nothing moves under the pointer, nothing that is being
// typed or ticked is touched; what cannot be shown yet waits behind a button. A part that fetches itself on alur:moved keeps up by itself; another asks by data-live, and data-live="12" hears of order 12 alone.
(() => {
  "use strict";
  const { news, since, newsSay } = document.body.dataset;
  if (!news) return;
  const UNITS = "tr[id], .head, .tabs, .pager, .card > header, .card:not(:has(tr[id])), .call, .tile", OFTEN = 1200, SELDOM = 6000, AWAY = 600000;
  let mark = since, waiting = null, busy = false, quiet = 0, touched = Date.now();
  const all = (sel, at = document) => [...at.querySelectorAll(sel)];
  const parts = () => all("[data-live][id], main [hx-trigger^='alur:moved'][id]");

  // ---------- what is the same ----------
  const bare = (el) => el.outerHTML.replace(/<input[^>]*csrfmiddlewaretoken[^>]*>/g, "").replace(/<time[^>]*>.*?<\/time>/gs, "")
    .replace(/ (?:aria-selected="true"|class="(?:at|fresh| )*"|hidden=""|open="")/g, "").replace(/(class="[^"]*?)(?: (?:at|fresh|gone))+(?=[ "])/g, "$1").replace(/\s+/g, " ");
  const units = (part) => all(UNITS, part).filter((el) => !el.parentElement.closest(UNITS) || !part.contains(el.parentElement.closest(UNITS)));
  const key = (el) => el.id || `${el.tagName}.${el.classList[0] || ""}:${(el.querySelector("h1, h2") || el).textContent.trim().slice(0, 24).replace(/\d+/g, "")}`;

  // ---------- what may not be touched ----------
  const typing = (el) => el.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) && document.activeElement.type !== "checkbox";
  const written = (el) => all("input:not([type=hidden]), textarea", el).some((i) => (i.type === "checkbox" || i.type === "radio" ? false : i.type === "file" ? i.files.length : i.value !== i.defaultValue));
  const guarded = (el) => el.matches(":hover") || typing(el) || written(el) || !!el.querySelector("details.menu[open], dialog[open]");
  const ticked = (part) => !!part.querySelector("input[name=ids]:checked");
  const under = () => all(":hover").pop();

  // ---------- putting it in its place ----------
  const show = (el) => { el.classList.add("fresh"); setTimeout(() => el.classList.remove("fresh"), 5000); };
  const swap = (old, made) => {
    const point = under(), y = point && point.getBoundingClientRect().top, box = old.querySelector("input[name=ids]"), fresh = made.querySelector("input[name=ids]");
    if (box && fresh && !fresh.disabled) fresh.checked = box.checked;
    if (old.classList.contains("at")) made.classList.add("at");
    old.replaceWith(made);
    if (point && point.isConnected && Math.abs(point.getBoundingClientRect().top - y) > .5) { made.replaceWith(old); return false; }
    window.htmx.process(made);
    show(made);
    return true;
  };
  const put = (part, fresh) => {
    if (bare(part) === bare(fresh)) return true;
    const old = units(part), made = units(fresh), names = new Map(made.map((el) => [key(el), el]));
    const before = new Map(old.map((el) => [key(el), bare(el)]));
    let whole = true;
    old.forEach((el) => {
      const next = names.get(key(el));
      if (next && bare(next) !== bare(el) && !(!guarded(el) && swap(el, document.importNode(next, true)))) whole = false;
    });
    if (!whole) return false;
    if (bare(part) === bare(fresh)) return true;
    if (guarded(part) || ticked(part)) return false;
    const next = document.importNode(fresh, true);
    part.replaceChildren(...next.childNodes);
    window.htmx.process(part);
    units(part).filter((el) => before.get(key(el)) !== bare(el)).forEach(show);
    return true;
  };
  const place = () => {
    const left = waiting && parts().filter((part) => { const fresh = waiting.getElementById(part.id); return fresh && !put(part, fresh); });
    if (!left || !left.length) { waiting = null; }
    button(!!waiting);
  };
  const button = (wanted) => {
    let b = document.getElementById("news");
    if (!wanted) { if (b) b.remove(); return; }
    if (b) return;
    b = document.createElement("button");
    b.id = "news"; b.className = "btn news"; b.type = "button"; b.textContent = newsSay;
    b.addEventListener("click", () => { b.remove(); waiting = null; location.reload(); });
    document.body.append(b);
  };

  // ---------- asking ----------
  const ask = async () => {
    const answer = await fetch(`/live?${new URLSearchParams({ page: news, since: mark })}`);
    if (answer.status === 403) return "over";
    if (answer.status !== 200) return answer.ok ? "" : "later";
    const told = await answer.json();
    mark = told.mark;
    const mine = parts().some((part) => !told.orders || !Number(part.dataset.live) || told.orders.includes(Number(part.dataset.live)));
    if (!mine) return "";
    const page = await fetch(location.href, { headers: { "X-Alur-Live": "1" } });
    if (page.ok && !page.redirected) waiting = new DOMParser().parseFromString(await page.text(), "text/html");
    return "";
  };
  const round = async () => {
    if (busy) return;
    busy = true;
    let next = Date.now() - touched > AWAY ? SELDOM : OFTEN;
    try {
      if (!document.hidden && parts().length) {
        const said = await ask();
        if (said === "over") return;
        if (said === "later") { quiet += 1; next = Math.min(OFTEN * 2 ** quiet, 30000); } else quiet = 0;
        if (!document.querySelector("dialog[open]")) place();
      }
    } catch { quiet += 1; next = Math.min(OFTEN * 2 ** quiet, 30000); } finally { busy = false; }
    clearTimeout(round.timer);
    round.timer = setTimeout(round, next);
  };
  ["pointermove", "keydown"].forEach((kind) => document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true }));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { touched = Date.now(); clearTimeout(round.timer); round(); } });
  round.timer = setTimeout(round, OFTEN);
})();
