"use strict";
/* On the page where keys are chosen: a key pressed in a field is that field's key. */

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || !("keyField" in field.dataset)) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  /* These are for getting about and for sending the form. */
  if (["Tab", "Enter", "Escape", "Shift"].includes(event.key)) return;
  event.preventDefault();
  field.value = ["Backspace", "Delete", " "].includes(event.key) ? "" : event.key.toLowerCase();
});
