"use strict";
/* The preview of the review room says what the draft says, and shows the line in other combinations. */

(() => {
  /* As the server cuts a line: so many characters, then what the channel writes where it stops. */
  function follow() {
    const draft = document.getElementById("room-draft");
    if (!draft) return;
    const text = [...draft.value.replace(/\s+/g, " ").trim()];
    for (const line of document.querySelectorAll("[data-draft]")) {
      const visible = Number(line.dataset.visible || Infinity);
      const isCut = text.length > visible;
      line.textContent = isCut ? text.slice(0, visible).join("").trimEnd() : text.join("");
      const more = line.parentElement.querySelector(".preview-more");
      if (more) more.hidden = !isCut;
    }
  }

  function combine(button) {
    const ads = [...button.closest(".preview").querySelectorAll(".preview-ad")];
    const next = (ads.findIndex((ad) => !ad.hidden) + 1) % ads.length;
    ads.forEach((ad, index) => { ad.hidden = index !== next; });
    button.querySelector(".preview-turn").textContent = `${next + 1} / ${ads.length}`;
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "room-draft") follow();
  });
  /* An edit that is left takes its draft back; one that was refused comes with its draft. */
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "room-edit") follow();
  }, true);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-preview-next]");
    if (button) combine(button);
  });
  follow();
})();
