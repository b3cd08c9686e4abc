/** The HTTP door of one channel. */

/** The server answered, but not with what was asked for. */
class Refused extends Error {
  constructor(response) {
    super(`the server answered ${response.status}`);
    this.status = response.status;
    this.waitMs = 1000 * (Number(response.headers.get("Retry-After")) || 0);
  }
}

/** Whether the same request may succeed later: everything but a verdict on the request itself. */
const isPassing = (status) => status >= 500 || [401, 408, 425, 429].includes(status);

/** One channel's HTTP door: opens the session, resumes and renews it by its secret, and signs every request. */
class Connection {
  #token = null;
  #renewAt = 0;
  #opening = null;

  /** `moved` is called when the server no longer knew the conversation and has begun another. */
  constructor(address, store, moved) {
    this.address = address;
    this.store = store;
    this.moved = moved;
    this.conversation = null;
    this.cursor = 0;
    this.botName = null;
    this.maxFileBytes = 0;
  }

  get known() {
    return this.store.get("session") !== null;
  }

  async request(path, options = {}) {
    await this.open();
    const token = this.#token;
    const response = await this.#fetch(path, options);
    if (response.status !== 401) return response;
    if (this.#token === token) this.#token = null;
    await this.open();
    return this.#fetch(path, options);
  }

  async open() {
    if (this.#token && Date.now() < this.#renewAt) return;
    this.#opening ??= this.store.alone("session", () => this.#start()).finally(() => (this.#opening = null));
    await this.#opening;
  }

  async #start() {
    const saved = this.store.get("session");
    let response = await this.#greet(saved ?? {});
    if (response.status === 401 && saved) {
      this.store.delete("session");
      response = await this.#greet({});
    }
    if (!response.ok) throw new Refused(response);
    const session = await response.json();
    const secret = session.secret ?? saved?.secret;
    if (secret) this.store.set("session", { secret, visitor_id: session.visitor_id ?? saved?.visitor_id });
    this.#token = session.token;
    this.#renewAt = Date.now() + Math.max(session.expires_in * 1000 - LIMITS.renewEarlyMs, session.expires_in * 500);
    this.cursor = session.cursor ?? 0;
    this.botName = session.bot_name ?? null;
    this.maxFileBytes = session.max_file_bytes ?? 0;
    const hasMoved = this.conversation !== null && this.conversation !== session.conversation_id;
    this.conversation = session.conversation_id;
    if (hasMoved) this.moved();
    // What one tab stores reaches the others a moment later; released at once, the lock would let them begin their own.
    if (session.secret) await new Promise((resolve) => setTimeout(resolve, LIMITS.storedMs));
  }

  #greet(saved) {
    const page = {
      url: location.href.split("#")[0].slice(0, 2000), // what follows the # may be a secret of the page
      title: document.title.slice(0, 300),
      referrer: document.referrer.slice(0, 2000),
      locale: navigator.language,
    };
    this.#token = null;
    return this.#fetch("sessions", { body: { ...saved, page } });
  }

  /** `file` is sent as it is, `body` as JSON. */
  #fetch(path, { body, file, signal }) {
    const headers = {};
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    if (body) headers["Content-Type"] = "application/json";
    if (file) headers["Content-Type"] = "application/octet-stream";
    return fetch(`${this.address}/${path}`, {
      method: body || file ? "POST" : "GET",
      headers,
      body: file ?? (body && JSON.stringify(body)),
      signal: signal ?? AbortSignal.timeout(file ? LIMITS.uploadMs : LIMITS.requestMs),
      cache: "no-store",
      credentials: "omit",
    });
  }
}
