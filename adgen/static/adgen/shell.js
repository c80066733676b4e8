"use strict";
/* What the admin shell leaves out for people with a keyboard or a screen reader: where the page's own part
   begins, a way past the menu, and a menu button that is one. */

document.addEventListener("DOMContentLoaded", () => {
  const content = document.getElementById("content") || document.querySelector("#page > div");
  content.setAttribute("role", "main");
  if (content.id && document.getElementById("nav-sidebar")) {
    content.tabIndex = -1;
    const skip = document.createElement("a");
    skip.href = "#content";
    skip.className = "adgen-skip";
    skip.textContent = "Skip the menu";
    document.body.prepend(skip);
  }
  for (const toggle of document.querySelectorAll("#header-inner span[x-on\\:click^='sidebar']")) {
    toggle.setAttribute("role", "button");
    toggle.setAttribute("aria-label", "Menu");
    toggle.tabIndex = 0;
    toggle.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle.click();
    });
  }
});
