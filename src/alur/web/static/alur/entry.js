// The telephone order's keyboard. The server decides everything (prices, stock, days, sentences); this file moves the focus, keeps the draft sent and
// puts the answers into cells that nobody is typing in.
(() => {
  "use strict";
  const form = document.getElementById("entry");
  if (!form) return;
  const $ = (sel, at = form) => at.querySelector(sel);
  const grid = $(".lines"), blank = document.getElementById("blank").content.querySelector("tbody");
  const who = $("#e-who"), head = ["#e-who", "#e-address", "#e-requested", "#e-po"].map((sel) => () => $(sel));
  const say = form.dataset, WAIT = 220, SEARCH = 90;
  const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}");

  // ---------- rows ----------
  const lines = () => [...grid.tBodies];
  const cell = (line, name) => $(`[name=${name}]`, line);
  const lineOf = (el) => el.closest("tbody[data-k]");
  const empty = (line) => !cell(line, "text").value.trim() && !cell(line, "quantity").value.trim() && line.dataset.product === "0";
  let last = Math.max(...lines().map((line) => Number(line.dataset.k)));
  const make = (after, values = {}) => {
    const line = blank.cloneNode(true), k = String(++last);
    line.id = `l-${k}`; line.dataset.k = k; line.dataset.sig = "";
    line.querySelectorAll("input").forEach((el) => { el.id = `l-${k}-${el.name}`; el.value = values[el.name] ?? ""; });
    cell(line, "unit").textContent = values.unit ?? "";
    line.dataset.product = values.product ?? "0";
    after ? after.after(line) : grid.append(line);
    return line;
  };
  const number = () => {
    if (!empty(lines().at(-1))) make(lines().at(-1));
    let blanks = 0;
    lines().forEach((line, i) => {
      $(".n", line).textContent = i + 1;
      line.toggleAttribute("data-blank", empty(line));
      line.toggleAttribute("data-spare", empty(line) && ++blanks > 1);
      line.querySelectorAll("[aria-label]").forEach((el) => el.setAttribute("aria-label", `${el.getAttribute("aria-label").replace(/\s*\d*$/, "")} ${i + 1}`));
    });
  };
  const values = (line) => ({
    k: Number(line.dataset.k), text: cell(line, "text").value, product: Number(line.dataset.product), quantity: cell(line, "quantity").value,
    unit: cell(line, "unit").textContent, price: cell(line, "price").value,
  });

  // ---------- the draft, sent and answered ----------
  const state = { id: Number(say.id), version: Number(say.version), busy: null, dirty: false, stopped: false, timer: 0 };
  const data = () => ({
    token: say.token, started: say.started, customer: Number(who.dataset.customer), who: who.value, address: Number($("#e-address").value || 0),
    requested: $("#e-requested").value, po: $("#e-po").value, lines: lines().map(values).filter((v) => v.text || v.quantity || v.product),
  });
  const standing = () => (document.activeElement.name === "text" ? Number(lineOf(document.activeElement).dataset.k) : 0);
  const post = (url, sent, more = {}) => fetch(url, {
    method: "POST", headers: { "Content-Type": "application/json", ...token }, keepalive: more.keepalive || false,
    body: JSON.stringify({ id: state.id, version: state.version, force: more.force || false, data: sent, at: url === say.look ? standing() : 0,
      seen: Object.fromEntries(lines().filter((line) => line.dataset.sig).map((line) => [line.dataset.k, line.dataset.sig])) }),
  });
  const touch = () => { state.dirty = true; clearTimeout(state.timer); state.timer = setTimeout(send, WAIT); };
  const send = async (more) => {
    if (state.busy) return state.busy;
    if (state.stopped && !(more && more.force)) return null;
    state.dirty = false;
    clearTimeout(state.timer);
    state.busy = exchange(say.look, more).finally(() => { state.busy = null; if (state.dirty && !state.stopped) send(); });
    return state.busy;
  };
  const exchange = async (url, more) => {
    const sent = data();
    let answer;
    try { answer = await post(url, sent, more); } catch { lost(); return null; }
    if (answer.status >= 500) { lost(); return null; }
    if (answer.redirected || answer.status === 403) { location.reload(); return null; }
    if ((answer.headers.get("Content-Type") || "").includes("json")) return answer.json();
    take(new DOMParser().parseFromString(await answer.text(), "text/html"), sent, answer.status);
    return answer.status;
  };
  const lost = () => { $("#kept", document).textContent = say.lost; state.dirty = true; clearTimeout(state.timer); state.timer = setTimeout(send, 4000); };
  const take = (page, sent, status) => {
    state.stopped = status === 409;
    const kept = $("#answer", page);
    if (kept) {
      if (!state.id && kept.dataset.id !== "0") {
        history.replaceState(null, "", `?draft=${kept.dataset.id}`);
        const drop = document.getElementById("drop");
        drop.hidden = false; drop.elements.draft.value = kept.dataset.id;
      }
      state.id = Number(kept.dataset.id); state.version = Number(kept.dataset.version);
    }
    const asked = Object.fromEntries(sent.lines.map((line) => [line.k, line]));
    page.querySelectorAll("tbody[data-k]").forEach((line) => patch(line, asked[line.dataset.k]));
    ["errors", "clash", "caller", "kept", "result", "day"].forEach((id) => {
      const now = document.getElementById(id), then = page.getElementById(id);
      if (then && now.innerHTML !== then.innerHTML) { now.innerHTML = then.innerHTML; now.className = then.className || now.className; }
    });
    const day = page.getElementById("day"), asked_on = $("#e-requested");
    if (day && day.dataset.value && document.activeElement !== asked_on && asked_on.value === sent.requested) asked_on.value = day.dataset.value;
    if (day && day.dataset.value && asked_on.value === day.dataset.value) $("#day").textContent = "";
    const places = page.getElementById("e-address"), here = $("#e-address");
    if (places && here.innerHTML !== places.innerHTML && (document.activeElement !== here || here.value === "0")) here.innerHTML = places.innerHTML;
    if (status !== 409) number();
    if (grid.contains(document.activeElement)) document.activeElement.scrollIntoView({ block: "nearest" });
  };
  // a row takes what the server says, but never what somebody is typing at
  const patch = (then, sent = {}) => {
    const line = document.getElementById(then.id);
    if (!line || !then.dataset.sig) return;
    const row = $("tr", line), new_ = $("tr", then), same = (name) => values(line)[name] === (sent[name] ?? (name === "product" ? 0 : ""));
    if (same("text") && same("product")) { line.dataset.product = then.dataset.product; line.dataset.units = then.dataset.units; }
    ["text", "quantity", "price"].forEach((name) => {
      const el = cell(line, name), by = cell(then, name);
      if (same(name) && document.activeElement !== el && (name !== "text" || same("product") || then.dataset.product === line.dataset.product)) el.value = by.value;
      for (const key of ["placeholder", "aria-invalid", "aria-describedby"]) by.hasAttribute(key) ? el.setAttribute(key, by.getAttribute(key)) : el.removeAttribute(key);
    });
    if (same("unit")) cell(line, "unit").textContent = cell(then, "unit").textContent;
    cell(line, "unit").tabIndex = cell(then, "unit").tabIndex;
    row.className = new_.className;
    new_.querySelectorAll("td[data-cell]").forEach((td) => {
      const old = $(`td[data-cell=${td.dataset.cell}]`, row);
      if (old.innerHTML !== td.innerHTML) old.innerHTML = td.innerHTML;
      if (old.className !== td.className) old.className = td.className;
    });
    const note = $("tr.note", line), said = $("tr.note", then);
    if (note && said) { if (note.outerHTML !== said.outerHTML) note.replaceWith(said); } else if (note) note.remove(); else if (said) line.append(said);
    line.dataset.sig = then.dataset.sig;
  };
  const save = async () => {
    const button = $("button[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    try {
      for (let n = 0; asking && asking.then && n < 40; n++) await new Promise((go) => setTimeout(go, 25));  // what is still looked for
      while (state.busy) await state.busy;
      clearTimeout(state.timer);
      state.dirty = false;
      state.busy = exchange(say.save).finally(() => { state.busy = null; });
      const answer = await state.busy;
      if (answer && answer.url) { state.stopped = true; location.assign(answer.url); return; }
      const first = $("#errors a[href]");
      if (first) jump(first); else if (answer === 409) $("#clash a, #clash button").focus();
    } finally { if (!state.stopped || $("#clash").children.length) button.disabled = false; }
  };
  const jump = (link) => { const el = document.getElementById(link.getAttribute("href").slice(1)); if (el) { el.focus(); if (el.select) el.select(); } };

  // ---------- suggestions ----------
  const box = document.createElement("div");
  box.className = "suggest"; box.hidden = true;
  let asking = null;
  const options = () => box.hidden ? [] : [...box.querySelectorAll("[role=option]")];
  const chosen = () => options().find((li) => li.getAttribute("aria-selected") === "true");
  const choose = (li) => {
    options().forEach((each) => each.setAttribute("aria-selected", String(each === li)));
    const input = box.parentElement && $("input", box.parentElement);
    if (input && li) input.setAttribute("aria-activedescendant", li.id);
  };
  const shut = () => {
    if (box.parentElement) { const el = $("input", box.parentElement); el.setAttribute("aria-expanded", "false"); el.removeAttribute("aria-activedescendant"); }
    box.hidden = true; box.remove();
  };
  const search = (input) => {
    if (asking && !asking.then) { clearTimeout(asking.timer); asking.abort.abort(); }
    const q = input.value, mine = asking = { input, q, abort: new AbortController(), timer: 0, then: null };
    mine.timer = setTimeout(async () => {
      const url = input === who ? `${say.customers}?q=${encodeURIComponent(q)}` : `${say.products}?customer=${who.dataset.customer}&q=${encodeURIComponent(q)}`;
      try {
        const answer = await fetch(url, { signal: mine.abort.signal });
        if (!answer.ok || input.value !== q) return;
        const html = await answer.text();
        if (mine.then) {
          const page = new DOMParser().parseFromString(html, "text/html"), first = $("[role=option]:not([data-loose])", page);
          if (first && input.value === q) mine.then(first);
        } else if (document.activeElement === input) {
          box.innerHTML = html; box.hidden = false; box.dataset.q = q;
          input.parentElement.append(box);
          input.setAttribute("aria-expanded", "true");
          choose(options().find((li) => !("loose" in li.dataset)));
        }
      } catch { /* a newer search, or no connection: what was typed stays */ } finally { if (asking === mine) asking = null; }
    }, SEARCH);
  };
  const pick = (input, li) => {
    input.value = li.dataset.text;
    if (input === who) { who.dataset.customer = li.dataset.id; $("#e-address").replaceChildren(new Option("–", "0")); }
    else {
      const line = lineOf(input);
      line.dataset.product = li.dataset.id;
      $("[data-cell=name]", line).textContent = li.dataset.name;
      cell(line, "unit").textContent = "";
    }
    touch();
  };
  // go on at once; what is still being looked for is put in when it is found
  const settle = (input) => {
    const open = input.value.trim() && (input === who ? who.dataset.customer === "0" : lineOf(input).dataset.product === "0");
    const li = chosen();
    if (li && box.parentElement === input.parentElement && (li.dataset.moved || (open && box.dataset.q === input.value))) pick(input, li);
    else if (open && asking && asking.input === input) asking.then = (first) => pick(input, first);
    shut();
  };

  // ---------- where the focus goes ----------
  const stand = (el) => { if (!el) return; el.focus(); if (el.select) el.select(); el.scrollIntoView({ block: "nearest" }); };
  const beside = (line, by) => { const every = lines(), at = every.indexOf(line) + by; return at < 0 ? null : every[at] || (by > 0 ? (number(), make(every.at(-1))) : null); };
  const goOn = (el) => {
    const at = head.findIndex((find) => find() === el);
    if (at >= 0 && at < head.length - 1) { stand(head[at + 1]()); return; }
    if (at >= 0) { stand(cell(lines().find(empty) || lines()[0], "text")); return; }
    const line = lineOf(el);
    if (el.name === "text" && !empty(line)) stand(cell(line, "quantity"));
    else if (el.name === "text") $("button[type=submit]").focus();
    else stand(cell(beside(line, 1), "text"));
    number();
  };
  const above = (el) => {
    const at = head.findIndex((find) => find() === el);
    if (at > 0) { stand(head[at - 1]()); return; }
    if (at === 0) return;
    const line = beside(lineOf(el), -1);
    stand(line ? cell(line, el.name) : $("#e-po"));
  };
  const cycle = (button, leave) => {
    const line = lineOf(button), units = (line.dataset.units || "").split("|").filter(Boolean);
    if (units.length < 2) return leave ? false : undefined;
    button.dataset.from ??= button.textContent;
    const next = units[(units.indexOf(button.textContent) + 1) % units.length];
    button.textContent = next;
    touch();
    if (leave && next === button.dataset.from) { delete button.dataset.from; stand(cell(line, "price")); }
    return true;
  };
  const remove = (line) => {
    if (empty(line)) return;
    const before = line.previousElementSibling, next = line.nextElementSibling || line.previousElementSibling;
    line.remove();
    if (!lines().length) make(null);
    stand(cell(next && next.matches("tbody") ? next : lines()[0], "text"));
    number(); touch();
    const toast = document.createElement("div"), undo = document.createElement("button");
    toast.className = "toast"; toast.textContent = say.gone;
    undo.type = "button"; undo.className = "btn s"; undo.textContent = say.undo;
    undo.addEventListener("click", () => { before && before.isConnected ? before.after(line) : grid.tHead.after(line); toast.remove(); number(); touch(); stand(cell(line, "text")); });
    toast.append(undo);
    document.getElementById("toast").replaceChildren(toast);
    setTimeout(() => toast.remove(), 9000);
  };
  const copy = (line) => {
    const from = empty(line) ? beside(line, -1) : line;
    if (!from || empty(from)) return;
    const into = make(from, values(from));
    $("[data-cell=name]", into).textContent = $("[data-cell=name]", from).textContent;
    into.dataset.units = from.dataset.units;
    stand(cell(into, "quantity"));
    number(); touch();
  };
  const fill = (line, rows) => {
    let at = line;
    rows.forEach((row) => {
      if (at && empty(at)) { cell(at, "text").value = row.text; cell(at, "quantity").value = row.quantity; cell(at, "unit").textContent = row.unit || ""; at.dataset.product = row.product || "0"; }
      else at = make(at || lines().at(-1), row);
      const next = at.nextElementSibling;
      at = next && empty(next) ? next : at;
    });
    number(); touch();
    stand(cell(lines().find(empty) || lines().at(-1), "text"));
  };
  const pasted = (text) => text.split(/\r?\n/).map((row) => row.split(/\t|;/).map((each) => each.trim())).filter((row) => row[0] && !(row[1] && !/\d/.test(row[1])))
    .map(([what, much = "", unit = ""]) => ({ text: what, quantity: much, unit: /^[a-z]/i.test(unit) ? unit : "" }));
  const again = async () => {
    if (who.dataset.customer === "0") { stand(who); return; }
    const answer = await fetch(`${say.again}?customer=${who.dataset.customer}`);
    if (answer.ok) fill(lines().find(empty), (await answer.json()).lines);
  };

  // ---------- keys ----------
  document.addEventListener("keydown", (e) => {
    if (e.isComposing || document.querySelector("dialog[open]")) return;
    const el = e.target, ctrl = e.ctrlKey || e.metaKey, done = () => { e.preventDefault(); e.stopPropagation(); };
    if (ctrl && e.key === "Enter") { done(); if (el.getAttribute && el.getAttribute("role") === "combobox") settle(el); save(); return; }
    if (e.key === "F2") { done(); shut(); stand(who); return; }
    if (e.key === "F4") { done(); again(); return; }
    if (!form.contains(el)) return;
    const combo = el.getAttribute("role") === "combobox", line = lineOf(el);
    if (combo && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      const every = options();
      if (every.length) {
        done();
        const next = every[(every.indexOf(chosen()) + (e.key === "ArrowDown" ? 1 : every.length - 1)) % every.length];
        next.dataset.moved = "1"; choose(next); return;
      }
      if (e.key === "ArrowDown" && !el.value.trim()) { done(); search(el); return; }
    }
    if (e.key === "Escape" && !box.hidden) { done(); shut(); return; }
    if (e.key === "Enter" && el.type !== "submit" && el.matches("input, select, [name=unit]")) {
      done();
      if (combo) settle(el);
      if (e.shiftKey) above(el); else goOn(el);
      return;
    }
    if (e.key === "Tab" && !e.shiftKey && combo && el.value.trim()) { done(); settle(el); goOn(el); return; }
    if (e.key === "Tab" && !e.shiftKey && el.name === "unit" && cycle(el, true)) { done(); return; }
    if (!line) return;
    if (e.key === "ArrowDown" && el.matches("input")) { done(); const next = beside(line, 1); number(); stand(cell(next, el.name)); return; }
    if (e.key === "ArrowUp" && el.matches("input")) { done(); above(el); return; }
    if (ctrl && e.key.toLowerCase() === "d") { done(); copy(line); return; }
    if (e.key === "Delete" && (ctrl || (el.name === "text" && el.selectionStart === 0 && el.selectionEnd === el.value.length))) { done(); remove(line); }
  }, true);
  form.addEventListener("input", (e) => {
    const el = e.target;
    if (el === who) { who.dataset.customer = "0"; search(who); }
    if (el.name === "text") { lineOf(el).dataset.product = "0"; $("[data-cell=name]", lineOf(el)).textContent = ""; el.value.trim() ? search(el) : shut(); }
    if (lineOf(el)) number();
    touch();
  });
  form.addEventListener("change", (e) => {
    const el = e.target;
    if ((el.name === "quantity" && /[a-z]\s*$/i.test(el.value)) || el.id === "e-requested" || (el.name === "text" && lineOf(el).dataset.product === "0")) touch();
  });
  form.addEventListener("focusin", (e) => {
    if (e.target.matches("input")) e.target.select();
    if (e.target.name !== "unit") form.querySelectorAll("[name=unit][data-from]").forEach((el) => delete el.dataset.from);
  });
  form.addEventListener("focusout", (e) => { if (e.target.getAttribute("role") === "combobox" && !box.contains(e.relatedTarget)) setTimeout(() => { if (!box.contains(document.activeElement) && document.activeElement !== e.target) { settle(e.target); } }, 0); });
  form.addEventListener("paste", (e) => {
    const text = e.clipboardData.getData("text"), line = lineOf(e.target);
    if (!line || !/[\t\n]/.test(text.trim())) return;
    e.preventDefault(); shut(); fill(line, pasted(text));
  });
  form.addEventListener("mousedown", (e) => { if (e.target.closest(".suggest")) e.preventDefault(); });
  form.addEventListener("click", (e) => {
    const li = e.target.closest("[role=option]"), button = e.target.closest("button, a"), line = lineOf(e.target);
    if (li) { const input = $("input", box.parentElement); pick(input, li); shut(); goOn(input); return; }
    if (!button) return;
    if (button.name === "unit") cycle(button, false);
    if (button.matches("[data-again]")) again();
    if (button.matches("[data-fewer]")) { cell(line, "quantity").value = button.dataset.fewer; touch(); stand(cell(line, "quantity")); }
    if (button.matches("[data-other]")) { cell(line, "text").value = button.dataset.other; line.dataset.product = button.dataset.otherId; cell(line, "unit").textContent = ""; touch(); stand(cell(line, "quantity")); }
    if (button.matches("[data-force]")) { $("#clash").replaceChildren(); send({ force: true }); }
    if (button.matches("[data-save-again]")) { state.stopped = false; save(); }
    if (button.matches(".errors a")) { e.preventDefault(); jump(button); }
  });
  form.addEventListener("submit", (e) => { e.preventDefault(); save(); });
  // what was typed in the last moment before a reload is sent, and typed again on the page that may have come before it
  addEventListener("pagehide", () => {
    if (!state.dirty || state.stopped) return;
    sessionStorage.setItem("entry", JSON.stringify(data()));
    post(say.look, data(), { keepalive: true });
  });
  const restore = () => {
    const left = JSON.parse(sessionStorage.getItem("entry") || "null");
    sessionStorage.removeItem("entry");
    if (!left || left.token !== say.token) return;
    who.value = left.who; who.dataset.customer = left.customer;
    $("#e-requested").value = left.requested; $("#e-po").value = left.po;
    if ([...$("#e-address").options].some((each) => each.value === String(left.address))) $("#e-address").value = left.address;
    lines().forEach((line) => line.remove());
    left.lines.forEach((line) => { last = line.k - 1; make(null, line); });
    last = Math.max(last, ...left.lines.map((line) => line.k));
    while (lines().length < 12) make(null);
    touch();
  };

  // ---------- how long the call takes ----------
  const clock = document.getElementById("clock");
  if (!state.id) say.started = new Date().toISOString();
  const tick = () => {
    const seconds = Math.floor((Date.now() - Date.parse(say.started)) / 1000);
    clock.hidden = !(seconds >= 0 && seconds < 3600);
    clock.querySelector("span").className = seconds > 60 ? "late" : "now";
    clock.querySelector("b").textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}.${String(seconds % 60).padStart(2, "0")}`;
  };
  restore();
  setInterval(tick, 1000); tick(); number();
  if (who.dataset.customer !== "0" && document.activeElement === document.body) stand(cell(lines().find(empty), "text"));
})();
