"use strict";
/* What the reviewer has done and the server has not taken yet. Entries are sent one by one, in order, each with
   a key of its own, so that one sent twice is done once. They lie in the browser's storage until the server has
   answered: neither a network gap nor a closed page loses one. Each open page writes a slot of its own and takes
   over the slots of pages that are gone. */

class Outbox extends EventTarget {
  static #FIRST_RETRY_MS = 1000;
  static #LAST_RETRY_MS = 15000;
  static #PATIENCE_MS = 20000;
  static #MAX_TOKENS = 20;

  #prefix;
  #slot;
  #heartbeat;
  #entries = [];
  #sending = false;
  #timer = 0;
  #delay = 0;
  /* After a gap claims may have run out. */
  #gap = false;

  /* Why entries have to wait, in words; empty while they are simply on their way. */
  trouble = "";

  constructor({ user, heartbeat }) {
    super();
    this.#prefix = `adgen-outbox/${user}/`;
    this.#slot = this.#prefix + Outbox.#key();
    this.#heartbeat = heartbeat;
    window.addEventListener("online", () => this.retry());
  }

  /* Start only when somebody listens: what earlier pages left is taken over, and told as "adopted". */
  start() {
    /* Where the browser has no locks (a page without HTTPS), two pages may send the same entry; its key helps. */
    navigator.locks?.request(this.#slot, () => new Promise(() => {}));
    for (const slot of Outbox.#slots(this.#prefix)) {
      const adopt = () => this.#adopt(slot);
      if (navigator.locks) navigator.locks.request(slot, adopt);
      else adopt();
    }
  }

  get entries() { return [...this.#entries]; }

  /* Lines whose decisions are not saved yet. */
  get variants() { return this.#entries.filter((one) => one.kind === "decision").map((one) => one.body.variant); }

  get tokens() { return this.#entries.map((one) => one.body.token).filter(Boolean); }

  add(entry) {
    const added = { ...entry, key: Outbox.#key(), tried: false, waited: this.trouble !== "" };
    this.#entries.push(added);
    this.#changed();
    this.#send();
    return added;
  }

  /* Take the last decision out again, unless the server may have it already; returns it, or null. */
  takeBack() {
    const last = this.#entries.at(-1);
    if (!last || last.kind !== "decision" || last.tried) return null;
    this.#drop(last);
    this.#changed();
    return last;
  }

  retry() {
    this.#delay = 0;
    this.#send();
  }

  #adopt(slot) {
    const left = Outbox.#read(slot);
    Outbox.#write(slot, []);
    if (!left.length) return;
    this.#gap = true;
    this.#entries.unshift(...left);
    this.dispatchEvent(new CustomEvent("adopted", { detail: left }));
    this.#changed();
    this.#send();
  }

  #drop(entry) {
    this.#entries = this.#entries.filter((one) => one.key !== entry.key);
  }

  #changed() {
    Outbox.#write(this.#slot, this.#entries);
    this.dispatchEvent(new Event("change"));
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    while (this.#entries.length && (await this.#sendFirst()));
    this.#sending = false;
  }

  /* Whether the first entry is dealt with, and the next one may go. */
  async #sendFirst() {
    const entry = this.#entries[0];
    let answer;
    try {
      if (this.#gap && this.tokens.length) await this.renew(this.tokens);
      this.#gap = false;
      entry.tried = true;
      Outbox.#write(this.#slot, this.#entries);
      answer = await this.#post(entry.path, entry.body, { "Idempotency-Key": entry.key });
    } catch {
      return this.#wait("The server cannot be reached.");
    }
    const { status, body, after } = answer;
    if (status >= 500 || status === 408) return this.#wait(`The server answered ${status}.`);
    if (status === 429) return this.#wait("The server is busy.", after);
    if (body.code === "under_way") return this.#wait("The server is still at it.");
    if (status === 401 || (status === 403 && body.code !== "not_allowed")) {
      return this.#wait(new SignedOut().message);
    }
    this.#delay = 0;
    this.trouble = "";
    this.#drop(entry);
    if (status < 300) await this.#told("saved", { entry, answer: body });
    else await this.#refuse(entry, status, body);
    this.#changed();
    return true;
  }

  #refuse(entry, status, problem) {
    /* Without its decision an undo would take back an earlier one. */
    const orphan = this.#entries.find((one) => one.of === entry.key);
    if (orphan) this.#drop(orphan);
    return this.#told("refused", { entry, status, problem, orphan });
  }

  /* Whoever listens may ask, with `waitUntil`, to be done before the next entry goes. */
  async #told(name, detail) {
    const work = [];
    this.dispatchEvent(new CustomEvent(name, { detail: { ...detail, waitUntil: (promise) => work.push(promise) } }));
    await Promise.all(work);
  }

  #wait(trouble, seconds = 0) {
    this.trouble = trouble;
    this.#gap = true;
    for (const entry of this.#entries) entry.waited = true;
    this.#delay = Math.min(this.#delay * 2 || Outbox.#FIRST_RETRY_MS, Outbox.#LAST_RETRY_MS);
    this.#timer = setTimeout(() => this.#send(), Math.max(this.#delay, seconds * 1000));
    this.dispatchEvent(new Event("change"));
    return false;
  }

  /* Hold on to lines, also those whose claims ran out while nobody wanted them; gives the tokens that are lost. */
  async renew(tokens) {
    const { body } = await this.#post(this.#heartbeat, { tokens: tokens.slice(0, Outbox.#MAX_TOKENS) }, {});
    return body.lost ?? [];
  }

  async #post(path, body, headers) {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": Outbox.csrf(), ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(Outbox.#PATIENCE_MS),
    });
    const text = await response.text();
    let read = {};
    try { read = JSON.parse(text); } catch { /* a page of a proxy, not an answer of ours */ }
    return { status: response.status, body: read, after: Number(response.headers.get("Retry-After")) || 0 };
  }

  /* Read each time: somebody may have signed in again in another tab. */
  static csrf() {
    return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
  }

  static #key() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /* A browser may forbid storage; the entries are then kept by the open page alone. */
  static #slots(prefix) {
    try { return Object.keys(localStorage).filter((name) => name.startsWith(prefix)); } catch { return []; }
  }

  static #read(slot) {
    try { return JSON.parse(localStorage.getItem(slot)) ?? []; } catch { return []; }
  }

  static #write(slot, entries) {
    try {
      if (entries.length) localStorage.setItem(slot, JSON.stringify(entries));
      else localStorage.removeItem(slot);
    } catch { /* full or forbidden */ }
  }
}
