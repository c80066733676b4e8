"use strict";
/* Near-duplicates: while their list is open, a decision counts for those that are ticked. */

const roomCluster = (() => {
  const boxes = (list) => [...list.querySelectorAll("input:checked:not(:disabled)")];
  const lines = (many) => `${many} line${many === 1 ? "" : "s"}`;

  function sum(list) {
    const many = boxes(list).length;
    list.querySelector(".room-cluster-sum").value = many
      ? `Your decision counts for ${lines(many + 1)}: the one above and ${many} ticked here.`
      : "Your decision counts for the line above alone.";
  }

  document.addEventListener("toggle", (event) => {
    if (event.target instanceof HTMLElement && event.target.matches(".room-cluster")) sum(event.target);
  }, true);
  document.addEventListener("change", (event) => {
    const list = event.target.closest(".room-cluster");
    if (list) sum(list);
  });

  return {
    /* The lines that share the decision on a card. An edit is of one line. */
    chosen(leaf, action) {
      const list = leaf.querySelector(".room-cluster[open]");
      return list && action !== "edit" ? boxes(list).map((box) => Number(box.value)) : [];
    },
    /* What became of them, as far as it is not what was decided. */
    left(leafText, rows = []) {
      const others = rows.filter((row) => row.outcome !== "done");
      if (!others.length) return "";
      return `With “${leafText}”, ${lines(others.length)} like it not decided so: ${others[0].detail}`;
    },
  };
})();
