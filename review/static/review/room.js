"use strict";
/* Keys, focus and announcements of the review room. Every key presses a button that is on the page, so
   nothing can be done here that plain forms cannot do. */

(() => {
  const room = () => document.getElementById("room");
  const within = (selector) => room().querySelector(selector);
  let shownAt = performance.now();
  let announced = "";
  let busy = false;

  /* East Asian wide and full-width characters, as the server counts them; it has the last word. */
  const WIDE = new RegExp(
    "(?![\\u{1F1E6}-\\u{1F1FF}])[\\u1100-\\u115F\\u2E80-\\u303E\\u3041-\\uA4CF\\uA960-\\uA97F\\uAC00-\\uD7A3\\uF900-\\uFAFF" +
      "\\uFE10-\\uFE19\\uFE30-\\uFE6F\\uFF00-\\uFF60\\uFFE0-\\uFFE6\\u{1F200}-\\u{1F265}" +
      "\\u{20000}-\\u{3FFFD}\\p{Emoji_Presentation}]", "u");
  const SYMBOL = /\p{So}/u;

  /* X's rule: a web address counts 23; one picture counts two, and so does most that is not Latin-like. */
  const X_ADDRESS = new RegExp(
    "https?://\\S*[\\p{L}\\p{N}_/]|(?<![\\p{L}\\p{N}_.@])(?:[\\p{L}\\p{N}_-]+\\.)+" +
      "(?:com|net|org|io|app|shop|store|co\\.uk)(?![\\p{L}\\p{N}_])(?:/\\S*[\\p{L}\\p{N}_/])?", "giu");
  const X_PICTURE = "[\\u2190-\\u2BFF\\u{1F000}-\\u{1FAFF}]\\uFE0F?[\\u{1F3FB}-\\u{1F3FF}]?";
  const X_SEQUENCE = new RegExp(
    "[\\u{1F1E6}-\\u{1F1FF}]{2}|[0-9#*]\\uFE0F?\\u20E3|[\\u00A9\\u00AE]\\uFE0F|" +
      X_PICTURE + "[\\u{E0020}-\\u{E007F}]*(?:\\u200D" + X_PICTURE + ")*", "gu");
  const X_ONE = /[\u0000-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]/u;

  function widthOnX(text) {
    let sum = 0;
    const rest = text
      .replace(X_ADDRESS, () => { sum += 23; return ""; })
      .replace(X_SEQUENCE, () => { sum += 2; return ""; });
    for (const char of rest) sum += X_ONE.test(char) ? 1 : 2;
    return sum;
  }

  function width(text, unit) {
    const plain = text.replace(/\s+/g, " ").trim().normalize("NFC");
    if (unit === "x") return widthOnX(plain);
    let sum = 0;
    for (const char of plain) {
      const wide = unit !== "char" && WIDE.test(char);
      sum += wide || (unit === "weighted" && SYMBOL.test(char)) ? 2 : 1;
    }
    return sum;
  }

  function measure() {
    const draft = within("#room-draft");
    if (!draft) return;
    const limit = Number(draft.dataset.limit);
    const now = width(draft.value, draft.dataset.unit);
    const output = within("#room-draft-width");
    output.value = `${now} / ${limit}`;
    output.classList.toggle("room-over", now > limit);
  }

  function say(problem) {
    const line = within("#room-offline");
    line.textContent = problem;
    line.hidden = false;
  }

  /* A new card: start its clock, tell screen readers, and put the focus where the eyes are. */
  function arrive() {
    shownAt = performance.now();
    measure();
    const text = room().dataset.announce;
    /* An empty queue looks for news every few seconds; that must not move anyone's focus. */
    const still = text === announced && !within(".room-acts");
    announced = text;
    if (still) return;
    document.getElementById("room-announcer").textContent = text;
    const edit = within("#room-edit");
    (edit && edit.open ? within("#room-draft") : within("#room-text")).focus({ preventScroll: true });
  }

  function openPanel(panel) {
    for (const other of room().querySelectorAll(".room-panel[open]")) {
      if (other !== panel) other.open = false;
    }
    panel.open = true;
    const draft = panel.querySelector("textarea");
    if (draft) {
      draft.focus();
      draft.setSelectionRange(draft.value.length, draft.value.length);
      measure();
    } else {
      panel.querySelector("[data-reason]").focus();
    }
  }

  function closePanels() {
    const open = [...room().querySelectorAll(".room-panel[open]")];
    for (const panel of open) {
      const draft = panel.querySelector("textarea");
      if (draft) draft.value = draft.defaultValue;
      panel.open = false;
    }
    if (open.length) within("#room-text").focus({ preventScroll: true });
    return open.length > 0;
  }

  function toggleHelp() {
    const help = document.getElementById("room-help");
    if (help.open) help.close();
    else help.showModal();
  }

  function choose(number) {
    const button = within(`#room-reject[open] [data-reason="${number}"]`);
    if (!button) return false;
    const note = within("#room-note");
    if (button.value === "other" && !note.value.trim()) note.focus();
    else button.click();
    return true;
  }

  function press(key) {
    if (key === "?") return toggleHelp(), true;
    if (/^[1-9]$/.test(key)) return choose(key);
    /* An open panel has to be finished or left first, so that no stray letter decides. */
    if (within(".room-panel[open]")) return false;
    const target = within(`[data-key="${CSS.escape(key)}"]`);
    if (!target) return false;
    if (target.matches(".room-panel")) openPanel(target);
    else target.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (document.getElementById("room-help").open) {
      if (event.key === "?") toggleHelp(), event.preventDefault();
      return;
    }
    if (event.key === "Escape" && closePanels()) return event.preventDefault();
    if (event.key === "Enter" && event.target.id === "room-draft" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!busy) event.target.form.requestSubmit();
      return;
    }
    if (event.key === "Enter" && event.target.id === "room-note") {
      event.preventDefault();
      if (!busy) within('[data-reason][value="other"]').click();
      return;
    }
    if (typing || busy || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (press(event.key.toLowerCase())) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("[data-close]")) closePanels();
    if (event.target.closest("#room button[data-key='?']")) toggleHelp();
  });

  document.addEventListener("toggle", (event) => {
    /* The event comes late: somebody may be typing in the panel already. */
    const panel = event.target;
    if (!(panel instanceof HTMLDetailsElement) || !panel.matches(".room-panel[open]")) return;
    if (!panel.querySelector("form").contains(document.activeElement)) openPanel(panel);
  }, true);

  document.addEventListener("input", (event) => {
    if (event.target.id === "room-draft") measure();
  });

  const decides = (event) => event.detail.elt.matches(".room-decide");
  const acts = (event) => event.detail.requestConfig.verb === "post" && event.detail.elt.id !== "room-renew";

  document.addEventListener("htmx:configRequest", (event) => {
    if (decides(event)) event.detail.parameters.duration_ms = Math.round(performance.now() - shownAt);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    /* A poll or a sign of life must not swap the card from under an act that is on its way. */
    if (busy) return event.preventDefault();
    busy = acts(event);
    if (busy) room().setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (acts(event)) busy = false;
    room().removeAttribute("aria-busy");
    if (event.detail.successful) within("#room-offline").hidden = true;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    /* Anything but a room, such as the login page after the session ended, needs the whole window. */
    if (event.detail.xhr.status === 200 && !event.detail.serverResponse.includes('id="room"')) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });
  document.addEventListener("htmx:afterSettle", arrive);
  document.addEventListener("htmx:sendError", (event) => {
    say(acts(event)
      ? "Not saved: the server cannot be reached. The line is still yours; try again."
      : "The server cannot be reached. Trying again by itself.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    say(status === 403 || status === 404
      ? "Not saved: this is no longer open to you. Reload the page."
      : `Not saved: the server answered ${status}. The line is still yours; try again.`);
  });

  arrive();
})();
