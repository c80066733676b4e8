"use strict";
/* The panels of a card (edit, reject, comment, what the screen missed), and the keys. A key presses a button
   that can be seen, so nothing can be done by key that plain forms cannot do. */

const roomPanels = (() => {
  const room = document.getElementById("room");
  const help = document.getElementById("room-help");

  const isOpen = () => room.querySelector(".room-panel[open]") !== null;
  const textOf = (panel) => panel.querySelector("textarea");

  function measure() {
    const draft = document.getElementById("room-draft");
    if (!draft) return;
    const limit = Number(draft.dataset.limit);
    const now = roomWidth(draft.value, draft.dataset.unit);
    const output = document.getElementById("room-draft-width");
    output.value = `${now} / ${limit}`;
    output.classList.toggle("room-over", now > limit);
  }

  function open(panel) {
    for (const other of room.querySelectorAll(".room-panel[open]")) {
      if (other !== panel) other.open = false;
    }
    panel.open = true;
    const text = textOf(panel);
    if (text) {
      text.focus();
      text.setSelectionRange(text.value.length, text.value.length);
      measure();
    } else {
      panel.querySelector("[data-number]:not(:disabled)")?.focus();
    }
  }

  /* Leave all panels, drafts as they were; returns whether one was open. */
  function close(within = room) {
    const panels = [...within.querySelectorAll(".room-panel[open]")];
    for (const panel of panels) {
      panel.querySelector("form").reset();
      panel.open = false;
    }
    if (panels.length) document.getElementById("room-text").focus({ preventScroll: true });
    return panels.length > 0;
  }

  function toggleHelp() {
    if (help.open) help.close();
    else help.showModal();
  }

  function choose(number) {
    const button = room.querySelector(`.room-panel[open] [data-number="${number}"]`);
    if (!button || button.disabled) return false;
    const note = button.form.elements.note;
    if (button.value === "other" && !note.value.trim()) note.focus();
    else button.click();
    return true;
  }

  const actOf = (key) => key && help.querySelector(`[data-key="${CSS.escape(key)}"]`)?.dataset.does;

  function press(key) {
    if (/^[1-9]$/.test(key)) return choose(key);
    const act = actOf(key);
    if (act === "help") return toggleHelp(), true;
    /* An open panel has to be finished or left first, so that no stray letter decides. */
    if (!act || isOpen()) return false;
    const all = [...room.querySelectorAll(`[data-act="${act}"]`)].filter((one) => !one.disabled && one.checkVisibility());
    const near = document.activeElement.closest(".room-finding");
    const target = all.find((one) => near?.contains(one)) ?? all[0];
    if (!target) return false;
    if (target.matches(".room-panel")) open(target);
    else target.click();
    return true;
  }

  function save(field) {
    const form = field.form;
    const button = field.matches("textarea") ? form.querySelector("button:not([type])") : form.querySelector('[value="other"]');
    form.requestSubmit(button);
  }

  const takesText = 'input:not([type="checkbox"]), textarea, select, [contenteditable]';

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest(takesText);
    if (help.open) {
      if (actOf(event.key.toLowerCase()) === "help") toggleHelp(), event.preventDefault();
      return;
    }
    if (event.key === "Escape" && close()) return event.preventDefault();
    const sends = typing?.matches("input") || event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && sends && typing?.closest(".room-panel")) {
      event.preventDefault();
      return save(typing);
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (room.getAttribute("aria-busy") === "true" && actOf(event.key.toLowerCase()) !== "undo") return;
    if (press(event.key.toLowerCase())) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("[data-close]")) close();
    if (event.target.closest('#room [data-act="help"]')) toggleHelp();
  });

  document.addEventListener("toggle", (event) => {
    /* The event comes late: somebody may be typing in the panel already. */
    const panel = event.target;
    if (!(panel instanceof HTMLDetailsElement) || !panel.matches(".room-panel[open]")) return;
    if (!panel.isConnected || panel.querySelector("form").contains(document.activeElement)) return;
    open(panel);
  }, true);

  document.addEventListener("input", (event) => {
    if (event.target.id === "room-draft") measure();
  });

  return { isOpen, open, close, measure };
})();
