"use strict";
/* The review room: a decision shows the next line at once and is saved behind it. */

(() => {
  const room = document.getElementById("room");
  const byId = (id) => document.getElementById(id);
  const stamp = (name) => byId(name).content.firstElementChild.cloneNode(true);

  const outbox = new Outbox({ user: room.dataset.user, heartbeat: room.dataset.heartbeat });
  const hand = new Hand({
    leaf: room.querySelector(".room-leaf"),
    soon: stamp("room-waiting"),
    next: room.dataset.next,
    pending: () => outbox.variants,
    paused: "paused" in room.dataset,
  });
  let shownAt = performance.now();
  let savedAt = "";
  let wasStuck = 0;
  let undoing = 0;
  let pausing = null;
  let isStill = false;

  /* What happened since the last announcement. */
  let told = [];
  const say = () => {
    byId("room-announcer").textContent = told.join(" ");
    told = [];
  };

  const quoted = (text) => `“${text}”`;
  const isDecision = (entry) => entry.kind === "decision" || entry.kind === "undo";

  /* ---- The card in front */

  let announced = "";
  function arrive() {
    const leaf = hand.shown;
    const past = leaf.querySelector(".room-past");
    if (past) {
      past.hidden = !leaf.dataset.past;
      past.textContent = leaf.dataset.past ? `${leaf.dataset.past} by you.` : "";
    }
    shownAt = performance.now();
    byId("room-count").textContent = hand.waiting;
    roomPanels.measure();
    const text = leaf.dataset.past ? `${leaf.dataset.past} by you: ${leaf.dataset.text}` : leaf.dataset.announce;
    /* An empty queue looks for news every few seconds; that must not move anyone's focus. */
    if (text === announced && !leaf.dataset.variant) return;
    announced = text;
    told.push(text);
    say();
    const draft = leaf.querySelector("#room-edit[open] textarea");
    (draft ?? byId("room-text")).focus({ preventScroll: true });
    if (leaf.getBoundingClientRect().top < 0 || leaf.firstElementChild.getBoundingClientRect().top < 0) {
      leaf.firstElementChild.scrollIntoView();
    }
  }

  /* ---- What the reviewer does */

  function bodyOf(form, button) {
    const body = Object.fromEntries(new FormData(form, button));
    delete body.csrfmiddlewaretoken;
    for (const name of Object.keys(body)) if (body[name] === "") delete body[name];
    if (body.variant) body.variant = Number(body.variant);
    return body;
  }

  function decide(form, button, body) {
    const leaf = form.closest(".room-leaf");
    body.duration_ms = Math.round(performance.now() - shownAt);
    const also = roomCluster.chosen(leaf, body.action);
    if (also.length) body.also = also;
    const done = button?.dataset.done ?? "edited";
    const label = done[0].toUpperCase() + done.slice(1);
    const text = body.text ?? leaf.dataset.text;
    const more = also.length ? `and ${also.length} like it` : "";
    const reason = [button?.dataset.reason, more].filter(Boolean).join(", ");
    const entry = { kind: "decision", path: form.dataset.api, body, done, text, reason };
    told.push(`${label}: ${quoted(text)}${more && ` ${more}`}.`);
    hand.decided(leaf, label);
    roomRecent.add(outbox.add(entry));
  }

  function undo(form) {
    const back = outbox.takeBack();
    if (back) {
      roomRecent.remove(back);
      told.push("Taken back.");
      if (hand.giveBack(back.body.variant)) roomPanels.close(hand.shown);
      else hand.fill();
      return;
    }
    const last = outbox.entries.filter((entry) => entry.kind === "decision").at(-1);
    undoing += 1;
    outbox.add({ kind: "undo", path: form.dataset.api, body: {}, of: last?.key ?? "" });
  }

  function note(form, body) {
    const comments = form.closest(".room-leaf").querySelector(".room-comments");
    outbox.add({ kind: "note", path: form.dataset.api, body, text: body.note ?? body.rule });
    if (body.kind) {
      for (const button of form.closest(".room-leaf").querySelectorAll('[name="rule"]')) {
        const isSame = button.form.elements.kind.value === body.kind && button.value === body.rule;
        button.disabled ||= isSame;
      }
      told.push(body.kind === "filter_wrong" ? "Marked: the screen is wrong." : "Marked: the screen missed it.");
    } else {
      const line = document.createElement("li");
      line.append(Object.assign(document.createElement("strong"), { textContent: "You" }), " ", body.note);
      comments.append(line);
      comments.hidden = false;
      told.push("Your comment stays with the line.");
    }
    roomPanels.close();
    byId("room-text").focus({ preventScroll: true });
    say();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "room-pause") return pause(event);
    /* A page that holds no lines is left for the room by its forms. */
    if (!form.dataset.api || "paused" in room.dataset) return;
    event.preventDefault();
    if (form.id === "room-undo") return undo(form);
    const body = bodyOf(form, event.submitter);
    if (form.matches(".room-decide")) decide(form, event.submitter, body);
    else note(form, body);
  });

  /* A pause gives back all lines: those whose decisions are on their way as well, but none that come after it. */
  async function pause(event) {
    event.preventDefault();
    pausing = event.target;
    tell();
    await hand.stop();
    isStill = pausing !== null;
    tell();
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button, a") : null;
    if (!button) return;
    if ("retry" in button.dataset) outbox.retry(), hand.fill();
    const by = { previous: -1, next: 1 }[button.dataset.act];
    if (by && !hand.step(by)) {
      told.push(by < 0 ? "No line before this one." : "No further line in hand.");
      say();
    }
  });

  /* ---- What became of it */

  function tell() {
    const entries = outbox.entries;
    const many = entries.length;
    const what = entries.every(isDecision) ? "decision" : "change";
    const waits = `${many} ${what}${many === 1 ? " waits" : "s wait"} to be saved`;
    const trouble = outbox.trouble || hand.trouble;
    const alert = byId("room-offline");
    const text = [trouble, many && trouble ? `${waits}: kept in this browser, and the page goes on trying.` : "",
      many && pausing ? `Pausing once ${many === 1 ? "it is" : "they are"} saved.` : ""].filter(Boolean).join(" ");
    if (alert.firstElementChild.textContent !== text) alert.firstElementChild.textContent = text;
    alert.hidden = !text;
    byId("room-saved").textContent = outbox.trouble ? waits : many ? `Saving ${many} …` : savedAt && `Saved ${savedAt}`;
    room.dataset.inHand = hand.tokens.length;
    room.setAttribute("aria-busy", String(undoing > 0 && !trouble));
    if (outbox.trouble) wasStuck = Math.max(wasStuck, many);
    if (!many) {
      if (wasStuck) told.push(`All saved at ${savedAt}.`), say();
      wasStuck = 0;
      if (isStill) pausing?.submit();
    }
  }

  outbox.addEventListener("change", tell);
  hand.addEventListener("change", tell);
  hand.addEventListener("show", arrive);

  outbox.addEventListener("adopted", (event) => {
    const variants = event.detail.map((entry) => entry.body.variant);
    for (const entry of event.detail) if (entry.kind === "decision") roomRecent.add(entry);
    hand.drop((leaf) => variants.includes(Hand.variant(leaf)));
  });

  async function saved({ entry, answer }) {
    savedAt = new Date().toLocaleTimeString();
    if (entry.kind === "decision") {
      roomRecent.saved(entry, answer.id);
      const left = roomCluster.left(entry.text, answer.also);
      if (left) roomRecent.notice(left);
    }
    /* One after the other: with two lines given back at once, either might come for the other. */
    if (entry.kind === "undo") {
      await undone(answer.variant, entry.waited || roomPanels.isOpen());
      if (answer.left) roomRecent.notice(`${answer.left} lines of that step are left: undo again for more of them.`);
    }
    hand.fill();
  }

  /* Somebody who has gone on meanwhile finds the line behind the one in front. */
  async function undone(variant, quietly) {
    const listed = roomRecent.undone(variant);
    const leaf = await hand.bring(variant, quietly);
    undoing = Math.max(0, undoing - 1);
    const text = quoted(leaf?.dataset.text ?? listed);
    told.push(!leaf ? `Taken back: ${text}. The screen blocks it by now, or it comes later.`
      : quietly ? `Taken back: ${text}. It comes next.` : `Taken back: ${text}.`);
    if (!leaf || quietly) roomRecent.notice(told.at(-1));
    say();
  }

  async function refused({ entry, status, problem, orphan }) {
    const mends = Object.values(problem.errors ?? {}).flat().join(", ");
    const why = [problem.detail ?? `The server answered ${status}.`, mends && `(${mends})`].filter(Boolean).join(" ");
    wasStuck = 0;
    /* A pause would leave this page, and with it what is told here. */
    if (pausing) {
      pausing = null;
      isStill = false;
      hand.goOn();
    }
    if (entry.kind === "undo" || orphan) undoing = Math.max(0, undoing - 1);
    roomRecent.remove(entry);
    roomRecent.notice(entry.text ? `Not saved: ${quoted(entry.text)}. ${why}` : why, entry.body.text);
    /* A draft that does not fit goes on as it is; a line that has changed meanwhile is fetched anew. */
    if (entry.kind === "decision" && (status === 400 || status === 409)) {
      const { variant } = entry.body;
      const isQuiet = roomPanels.isOpen();
      if (status === 409 || !hand.giveBack(variant, isQuiet)) await hand.bring(variant, isQuiet);
    }
    hand.fill();
  }

  outbox.addEventListener("saved", ({ detail }) => detail.waitUntil(saved(detail)));
  outbox.addEventListener("refused", ({ detail }) => detail.waitUntil(refused(detail)));

  /* ---- Signs of life */

  async function renew() {
    const tokens = [...hand.tokens, ...outbox.tokens];
    if (document.hidden || !tokens.length) return;
    const lost = await outbox.renew(tokens).catch(() => []);
    const gone = hand.drop((leaf) => lost.includes(leaf.dataset.token));
    for (const leaf of gone) {
      roomRecent.notice(`Your hold on ${quoted(leaf.dataset.text)} is gone: it ran out, and somebody else has the line now.`);
    }
  }

  setInterval(renew, 1000 * Number(room.dataset.renewSeconds));
  document.addEventListener("visibilitychange", renew);

  window.addEventListener("beforeunload", (event) => {
    if (outbox.entries.length && !pausing) event.preventDefault();
  });

  arrive();
  outbox.start();
  hand.fill();
})();
