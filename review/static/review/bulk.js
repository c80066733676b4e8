"use strict";
/* Chooses rows of the table by key and mouse, and decides about them one by one, so that each row says what
   became of it and a stop leaves the others as they are. */

(() => {
  const form = document.getElementById("table-form");
  if (!document.getElementById("table-told")) return;
  const byId = (id) => document.getElementById(`table-${id}`);
  const boxes = [...form.querySelectorAll('input[name="line"]')];
  const acts = [byId("approve"), byId("reject"), byId("undo")];
  const open = () => boxes.filter((box) => !box.disabled);
  const chosen = () => open().filter((box) => box.checked);
  const lines = (many) => `${many} line${many === 1 ? "" : "s"}`;
  let stopped = false;
  let busy = false;

  const tell = (words) => { byId("told").textContent = words; };

  function count() {
    const many = chosen().length;
    byId("count").textContent = many ? `${lines(many)} chosen` : "none chosen";
    byId("all").checked = many > 0 && many === open().length;
    byId("all").indeterminate = many > 0 && many < open().length;
    for (const act of acts.slice(0, 2)) act.disabled = busy || !many;
    byId("undo").disabled = busy;
  }

  function chooseAll(checked) {
    for (const box of open()) box.checked = checked;
    count();
  }

  /* ---- Rows */

  function mark(number, outcome, words, isOpen) {
    const row = document.getElementById(`line-${number}`);
    if (!row) return;
    row.dataset.outcome = outcome;
    row.querySelector(".table-state").textContent = words;
    const box = row.querySelector('input[name="line"]');
    box.disabled = !isOpen;
    if (outcome !== "unsent") box.checked = false;
  }

  async function send(path, fields) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const response = await fetch(path, { method: "POST", body, signal: AbortSignal.timeout(30000) });
    const isOurs = response.headers.get("Content-Type")?.includes("json");
    if (!isOurs) throw new Error(response.redirected ? "you are signed out" : `the server answered ${response.status}`);
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail);
    return answer;
  }

  /* Do `step` again and again, as long as it says so and nobody stops it; `many` is how often at most. */
  async function run(many, step) {
    busy = true;
    stopped = false;
    byId("bar").max = Math.max(1, many);
    byId("progress").hidden = false;
    form.setAttribute("aria-busy", "true");
    count();
    let trouble = "";
    try {
      for (let done = 0; !stopped; done += 1) {
        byId("bar").value = done;
        if (!(await step(done))) break;
      }
    } catch (fault) {
      trouble = fault.name === "TypeError" || fault.name === "TimeoutError" ? "the server cannot be reached" : fault.message;
    }
    busy = false;
    byId("progress").hidden = true;
    form.removeAttribute("aria-busy");
    count();
    return trouble;
  }

  /* ---- Acts */

  async function decide(action) {
    const queue = chosen();
    if (busy || !queue.length) return;
    const fields = { action, reason: action === "reject" ? byId("reason").value : "", note: byId("note").value };
    const sums = { done: 0, noted: 0, left: 0 };
    let lead = "";
    let at = 0;
    const trouble = await run(queue.length, async () => {
      if (at >= queue.length) return false;
      const answer = await send(form.dataset.decide, { ...fields, line: queue[at].value, lead });
      for (const row of answer.rows) {
        mark(row.variant, row.outcome, row.words, row.outcome === "held");
        lead ||= row.lead ?? "";
        sums[row.outcome === "done" ? "done" : row.lead ? "noted" : "left"] += 1;
      }
      at += 1;
      tell(`${at} of ${queue.length} …`);
      return true;
    });
    const parts = [`${action === "approve" ? "Approved" : "Rejected"}: ${sums.done}.`];
    if (sums.noted) parts.push(`Noted, for another person to judge: ${sums.noted}.`);
    if (sums.left) parts.push(`Left as they were: ${sums.left}; their rows say why.`);
    if (trouble) parts.push(`Stopped at “${textOf(queue[at])}”: ${trouble}.`);
    else if (at < queue.length) parts.push("Stopped.");
    if (at < queue.length) parts.push(`${lines(queue.length - at)} not reached, still chosen.`);
    conclude(parts);
  }

  /* Say how it went. A row that is done loses the focus; the next key must not be lost with it. */
  function conclude(parts) {
    tell(parts.join(" "));
    if (document.activeElement === document.body) byId("told").focus({ preventScroll: true });
  }

  const textOf = (box) => document.getElementById(box.getAttribute("aria-labelledby")).textContent;

  async function undo() {
    if (busy) return;
    let back = 0;
    let kept = 0;
    const trouble = await run(1, async () => {
      const answer = await send(form.dataset.undo, {});
      back += answer.undone.length;
      kept = Object.keys(answer.kept).length;
      for (const number of answer.undone) mark(number, "undone", "taken back: waits again", true);
      for (const [number, why] of Object.entries(answer.kept)) mark(number, "kept", why, false);
      byId("bar").max = back + answer.left;
      tell(`${back} taken back …`);
      return answer.left > 0;
    });
    const parts = [];
    if (back) parts.push(`Taken back: ${lines(back)}.`);
    if (kept) parts.push(`Kept: ${kept}; their rows say why.`);
    if (trouble) parts.push(`${trouble[0].toUpperCase()}${trouble.slice(1)}${trouble.endsWith(".") ? "" : "."}`);
    else if (stopped) parts.push("Stopped; undo again for the rest.");
    conclude(parts);
  }

  /* ---- Keys and mouse */

  function move(by, choose) {
    const all = open();
    const from = all.indexOf(document.activeElement);
    const to = all[Math.min(all.length - 1, Math.max(0, from + by))];
    if (!to) return;
    if (choose) {
      if (from >= 0) all[from].checked = true;
      to.checked = true;
      count();
    }
    to.focus();
    to.scrollIntoView({ block: "nearest" });
  }

  let last = null;
  form.addEventListener("click", (event) => {
    const box = event.target;
    if (box.name !== "line") return;
    const all = open();
    if (event.shiftKey && last && !last.disabled) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    }
    last = box;
    count();
  });

  byId("all").addEventListener("change", (event) => chooseAll(event.target.checked));
  form.addEventListener("change", count);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    decide(event.submitter === byId("reject") ? "reject" : "approve");
  });
  byId("undo").addEventListener("click", undo);
  byId("stop").addEventListener("click", () => { stopped = true; });

  const KEYS = {
    arrowdown: (event) => move(1, event.shiftKey),
    arrowup: (event) => move(-1, event.shiftKey),
    x: () => chooseAll(chosen().length < open().length),
    a: () => decide("approve"),
    r: () => byId("reason").focus(),
    u: () => undo(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && busy) { stopped = true; return; }
    const field = event.target.closest('select, textarea, input:not([type="checkbox"]), [contenteditable]');
    if (field && event.key === "Enter" && field.closest(".table-reject")) {
      event.preventDefault();
      decide("reject");
      return;
    }
    if (field && event.key === "Escape") return field.blur();
    if (field || busy || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.key.toLowerCase()];
    if (!act || event.repeat && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    act(event);
  });

  window.addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
  count();
})();
