"use strict";
/* The reviewer's last decisions, and what they have to know of them until they have read it. */

const roomRecent = (() => {
  const SHOWN = 8;
  const section = document.querySelector(".room-recent");
  const list = section.querySelector("ol");
  const find = (entry) => list.querySelector(`[data-key="${entry.key}"]`);

  function add(entry) {
    const line = document.getElementById("room-recent-item").content.firstElementChild.cloneNode(true);
    const [tag, text, reason, fate] = line.children;
    line.dataset.key = entry.key;
    line.dataset.variant = entry.body.variant;
    tag.textContent = entry.done;
    tag.classList.add(`room-tag--${entry.body.action}`);
    text.textContent = entry.text;
    reason.textContent = entry.reason;
    fate.textContent = "not saved yet";
    list.prepend(line);
    section.hidden = false;
    for (const old of [...list.children].slice(SHOWN)) old.remove();
  }

  function saved(entry, decision) {
    /* The server may have had it, and listed it, before the page was opened. */
    list.querySelector(`[data-decision="${decision}"]`)?.remove();
    const line = find(entry);
    if (!line) return;
    line.dataset.decision = decision;
    line.lastElementChild.textContent = entry.body.action === "edit" ? "goes to the screen; published once it passes" : "";
  }

  /* Strike out the line's last decision; returns its text, if it is still listed. */
  function undone(variant) {
    const line = list.querySelector(`[data-variant="${variant}"]:not(.room-undone)`);
    if (!line) return "";
    line.classList.add("room-undone");
    line.firstElementChild.textContent = "taken back";
    return line.children[1].textContent;
  }

  function notice(text, draft) {
    const shown = document.getElementById("room-notice-shape").content.firstElementChild.cloneNode(true);
    const [told, wording, dismiss] = shown.children;
    told.textContent = text;
    if (draft) wording.value = draft;
    else wording.remove();
    dismiss.addEventListener("click", () => shown.remove());
    document.getElementById("room-told").append(shown);
  }

  return { add, saved, undone, notice, remove: (entry) => find(entry)?.remove() };
})();
