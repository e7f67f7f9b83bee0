// For hands: a report is sent once and waits for a signal; a delivery is picked line by line, scanned or counted. Every page works without it.
(() => {
  "use strict";
  const $ = (sel, at = document) => at.querySelector(sel);
  const all = (sel, at = document) => [...at.querySelectorAll(sel)];
  const hand = () => $(".hand");
  const flash = (text, kind = "") => {
    const said = $("[data-said]");
    if (!said) return;
    said.innerHTML = "";
    const line = document.createElement("p");
    line.className = `flash ${kind}`;
    line.textContent = text;
    said.append(line);
    if (navigator.vibrate) navigator.vibrate(kind === "bad" ? [80, 60, 80] : 40);
  };

  // ---------- sent once; without a signal it is kept and sent later ----------
  const buttons = (form) => all(`button[form="${form.id}"]`);
  const send = async (form) => {
    let response;
    try {
      response = await fetch(form.action || location.href, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
    } catch {
      flash(hand().dataset.off, "hold");
      form.dataset.waits = "";
      setTimeout(() => again(form), 8000);
      return;
    }
    delete form.dataset.waits;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!$(".hand", page)) { location.assign(response.url); return; }
    if (response.redirected) { history.pushState({}, "", response.url); document.title = page.title; }
    hand().replaceWith(document.importNode($(".hand", page), true));
    scrollTo(0, 0);
    begin();
  };
  const again = (form) => { if ("waits" in form.dataset && document.contains(form)) send(form); };
  addEventListener("online", () => all("form[data-waits]").forEach(again));
  document.addEventListener("submit", (e) => {
    const form = e.target.closest("form[data-send]");
    if (!form) return;
    e.preventDefault();
    if ("sent" in form.dataset) return; // a second tap
    form.dataset.sent = "";
    buttons(form).forEach((button) => { button.disabled = true; button.textContent = hand().dataset.sending; });
    send(form);
  });

  // ---------- line by line ----------
  const lines = () => all("[data-line]");
  const now = () => lines().find((line) => !line.hidden);
  const key = () => `pick:${location.pathname}`;
  const counts = () => JSON.parse(sessionStorage.getItem(key()) || "{}");
  const show = (line) => {
    const every = lines(), at = every.indexOf(line);
    every.forEach((each) => { each.hidden = each !== line; });
    all("[data-next-line]").forEach((li, n) => { li.hidden = n <= at || n > at + 3; });
    $("[data-after]").hidden = at + 1 >= every.length;
    $("[data-at]").textContent = at + 1;
    $("[data-progress]").value = at;
    $("[data-forward]").hidden = at + 1 >= every.length;
    $("[data-finish]").hidden = at + 1 < every.length;
    $("[data-short]").hidden = false;
    scrollTo(0, 0);
  };
  const got = (line, more = 0) => {
    const known = counts();
    known[line.dataset.line] = (known[line.dataset.line] || 0) + more;
    sessionStorage.setItem(key(), JSON.stringify(known));
    $("[data-got]", line).textContent = known[line.dataset.line].toLocaleString(document.documentElement.lang);
    $("progress", line).value = known[line.dataset.line];
    $("[data-count]", line).hidden = false;
    return known[line.dataset.line];
  };
  const scan = (code) => {
    const form = $("[data-lines]"), line = now();
    const factor = Number(JSON.parse(line.dataset.codes)[code] || 0);
    if (!factor) {
      const other = lines().find((each) => JSON.parse(each.dataset.codes)[code]);
      if (other) { show(other); scan(code); return; }
      flash(`${form.dataset.wrong}: ${code}`, "bad");
      return;
    }
    const want = Number(line.dataset.want), have = counts()[line.dataset.line] || 0;
    if (have + factor > want) { flash(form.dataset.over, "bad"); return; }
    flash(got(line, factor) === want ? form.dataset.full : form.dataset.match);
  };
  const begin = () => {
    const form = $("[data-lines]");
    if (!form || !lines().length) return;
    hand().dataset.stepping = "";
    $("footer", hand()).classList.remove("one");
    $("[data-scanner]").hidden = false;
    const known = counts();
    lines().forEach((line) => { if (known[line.dataset.line]) got(line); });
    show(lines().find((line) => $("details[open]", line)) || lines()[0]);
  };
  document.addEventListener("click", (e) => {
    if (e.target.closest("[data-forward]")) { const every = lines(); show(every[every.indexOf(now()) + 1]); }
    if (e.target.closest("[data-short]")) {
      const details = $("details", now());
      details.open = !details.open;
      const field = $("input", details);
      if (details.open) { if (!field.value && counts()[now().dataset.line]) field.value = counts()[now().dataset.line]; field.focus(); }
    }
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || !e.target.matches("[data-scan]")) return;
    e.preventDefault();
    if (e.target.value.trim()) scan(e.target.value.trim());
    e.target.value = "";
  });
  addEventListener("popstate", () => location.reload());
  document.addEventListener("DOMContentLoaded", begin);
})();
