"use strict";
/* The lines that the page holds: the one it shows, a few in advance, and the last ones that were decided. */

class SignedOut extends Error {
  message = "You are signed out. Reload this page to sign in again.";
}

class Hand extends EventTarget {
  static #SIZE = 3;
  static #TRAIL = 20;
  /* While so many decisions cannot be saved, no more lines are taken. */
  static #MOST_PENDING = 15;
  static #POLL_MS = 5000;
  static #RETRY_MS = 2000;

  /* How many lines the queue has, as the server said last. */
  waiting;

  #next;
  #pending;
  #paused;
  #stage;
  #leaves = [];
  #trail = [];
  #rest;
  #soon;
  #fetches = Promise.resolve();
  #filling = false;
  #timer = 0;

  /* Why no line comes, in words. */
  trouble = "";

  /* `leaf` is on the page, `soon` stands in for a line that is on its way; `next` is where lines come from,
     `pending()` gives those whose decisions are not saved yet. */
  constructor({ leaf, soon, next, pending, paused }) {
    super();
    this.#stage = leaf;
    this.#soon = soon;
    this.waiting = leaf.dataset.waiting;
    this.#next = next;
    this.#pending = pending;
    this.#paused = paused;
    if (Hand.variant(leaf)) this.#leaves.push(leaf);
    else this.#rest = leaf;
  }

  static variant(leaf) { return Number(leaf.dataset.variant) || 0; }

  get shown() { return this.#stage; }

  get tokens() { return this.#leaves.map((leaf) => leaf.dataset.token); }

  /* A line is decided: on with the next. */
  decided(leaf, told) {
    this.#leaves = this.#leaves.filter((one) => one !== leaf);
    this.#trail = [...this.#trail, leaf].slice(-Hand.#TRAIL);
    leaf.dataset.past = told;
    this.#show(this.#leaves[0]);
    this.fill();
  }

  /* A decided line comes back as it is; `quietly` puts it behind the one that is shown. Whether it is known. */
  giveBack(variant, quietly) {
    const leaf = this.#trail.find((one) => Hand.variant(one) === variant);
    if (!leaf) return false;
    this.#trail = this.#trail.filter((one) => one !== leaf);
    delete leaf.dataset.past;
    this.#putIn(leaf, quietly);
    return true;
  }

  /* A line that the server has given back: asks it for the line's card, and returns that if there is one. */
  async bring(variant, quietly) {
    this.#trail = this.#trail.filter((one) => Hand.variant(one) !== variant);
    await this.#fetch().catch(() => {});
    const leaf = this.#leaves.find((one) => Hand.variant(one) === variant);
    if (leaf) this.#putIn(leaf, quietly);
    return leaf;
  }

  /* Lines that are somebody else's, or decided on another page. */
  drop(isGone) {
    const gone = this.#leaves.filter(isGone);
    this.#leaves = this.#leaves.filter((leaf) => !gone.includes(leaf));
    if (gone.includes(this.#stage)) this.#show(this.#leaves[0]);
    if (gone.length) this.fill();
    return gone;
  }

  /* Look at the line before or after, decided ones included. Whether there is one. */
  step(by) {
    const all = [...this.#trail, ...this.#leaves];
    const index = all.indexOf(this.#stage);
    const leaf = index < 0 ? (by < 0 ? all.at(-1) : undefined) : all[index + by];
    if (leaf) this.#show(leaf);
    else if (index >= 0 && by > 0 && !this.#leaves.length) this.#show(undefined);
    return Boolean(leaf);
  }

  /* Take no more lines; done when none is on its way. */
  async stop() {
    this.#paused = true;
    clearTimeout(this.#timer);
    await this.#fetches;
  }

  goOn() {
    this.#paused = false;
    this.fill();
  }

  /* Fetch lines until enough are in hand or none is left. */
  async fill() {
    if (this.#filling || this.#paused) return;
    this.#filling = true;
    clearTimeout(this.#timer);
    try {
      while (this.#wantsMore() && (await this.#fetch()));
      this.trouble = "";
      if (!this.#leaves.length && !this.#paused) this.#again(Hand.#POLL_MS);
    } catch (fault) {
      this.trouble = fault instanceof SignedOut ? fault.message : "The server cannot be reached.";
      this.#again(Hand.#RETRY_MS);
    }
    this.#filling = false;
    this.dispatchEvent(new Event("change"));
  }

  #wantsMore() {
    return !this.#paused && this.#leaves.length < Hand.#SIZE && this.#pending().length < Hand.#MOST_PENDING;
  }

  #again(delay) {
    this.#timer = setTimeout(() => this.fill(), delay);
  }

  #putIn(leaf, quietly) {
    this.#leaves = this.#leaves.filter((one) => one !== leaf);
    const shown = quietly ? this.#leaves.indexOf(this.#stage) + 1 : 0;
    this.#leaves.splice(shown, 0, leaf);
    if (!quietly || !this.#stage.dataset.variant) this.#show(leaf);
  }

  #show(leaf) {
    const shown = leaf ?? this.#rest ?? this.#soon;
    this.#stage.replaceWith(shown);
    this.#stage = shown;
    this.dispatchEvent(new Event("show"));
  }

  /* One after the other, as each names the lines that came before. Whether it brought a line. */
  #fetch() {
    const fetched = this.#fetches.then(() => this.#fetchOne());
    this.#fetches = fetched.catch(() => {});
    return fetched;
  }

  async #fetchOne() {
    const besides = new Set([...this.#leaves.map(Hand.variant), ...this.#pending()]);
    const response = await fetch(this.#next, {
      method: "POST",
      headers: { "X-CSRFToken": Outbox.csrf() },
      body: new URLSearchParams({ besides: [...besides].join(",") }),
      signal: AbortSignal.timeout(20000),
    });
    if (response.redirected) throw new SignedOut();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const leaf = page.querySelector(".room-leaf");
    if (!response.ok || !leaf) throw new Error(`no line, but ${response.status}`);
    this.waiting = leaf.dataset.waiting;
    return this.#arrived(document.adoptNode(leaf));
  }

  #arrived(leaf) {
    const variant = Hand.variant(leaf);
    if (!variant) {
      this.#rest = leaf;
      if (!this.#leaves.length && !this.#stage.dataset.past) this.#show(undefined);
      return false;
    }
    this.#rest = undefined;
    /* Decided while it was on its way. */
    if (this.#pending().includes(variant) || this.#leaves.some((one) => Hand.variant(one) === variant)) return true;
    this.#leaves.push(leaf);
    if (!this.#stage.dataset.variant) this.#show(leaf);
    return true;
  }
}
