/** What is to be said, until the server has it. */

/** The contact's messages until the server has them: stored before the first try, one key each, sent in order. */
class Outbox {
  #work = Promise.resolve();
  #attempts = 0;
  #timer = 0;
  #notBefore = 0;

  /** `on`: accepted(item, answer), refused(item). */
  constructor(store, shelf, connection, on) {
    this.store = store;
    this.shelf = shelf;
    this.connection = connection;
    this.on = on;
  }

  items() {
    const items = this.store.keys("out:").map((key) => this.store.get(key));
    return items.filter((item) => item !== null).sort((one, other) => one.at - other.at);
  }

  /** Stores what is to be said; `value` is what a pressed button carries, `files` name what lies on the shelf. */
  add(text, value, files = []) {
    const at = Math.max(Date.now(), (this.items().at(-1)?.at ?? 0) + 1);
    const item = { id: uuid(), at, text, ...(value && { value }), ...(files.length && { files }) };
    this.store.set(`out:${item.id}`, item);
    return item;
  }

  /** Offers a refused message once more. */
  renew(item) {
    const { refused, ...fresh } = item;
    this.store.set(`out:${item.id}`, fresh);
    return fresh;
  }

  delete(id) {
    for (const file of this.store.get(`out:${id}`)?.files ?? []) this.shelf.delete(file.id);
    this.store.delete(`out:${id}`);
  }

  /** Sends what waits, one after the other; safe to call at any time and from several tabs. */
  flush() {
    this.#work = this.#work.then(() => this.store.alone("outbox", () => this.#drain()));
  }

  async #drain() {
    clearTimeout(this.#timer);
    let waitMs = this.#notBefore - Date.now();
    let item = this.#next();
    while (item && waitMs <= 0) {
      waitMs = await this.#send(item);
      item = this.#next();
    }
    if (item) this.#timer = setTimeout(() => this.flush(), waitMs);
  }

  #next() {
    return this.items().find((item) => !item.refused);
  }

  /** Sends one message; returns how many milliseconds to wait before the next. */
  async #send(item) {
    try {
      const response = (await this.#bring(item.files ?? [])) ?? (await this.#say(item));
      if (isPassing(response.status)) throw new Refused(response);
      if (response.ok) this.#accept(item, await response.json());
      else await this.#refuse(item, response);
      this.#attempts = 0;
      return 0;
    } catch (error) {
      if (error.waitMs) this.#notBefore = Date.now() + error.waitMs;
      return error.waitMs || Math.min(LIMITS.longestWaitMs, 1000 * 2 ** this.#attempts++);
    }
  }

  #say({ id, text, value, files = [] }) {
    const attachments = files.map((file) => ({ file_id: file.file_id }));
    const body = { client_msg_id: id, type: value ? "button" : "text", text, ...(value && { value }), attachments };
    return this.connection.request("messages", { body });
  }

  /** Uploads what the server has not got yet; the answer that refuses one, if one does. Again is harmless. */
  async #bring(files) {
    for (const file of files) {
      const content = await this.shelf.get(file.id);
      if (!content) return Response.json({ code: "file_gone" }, { status: 410 });
      const query = new URLSearchParams({ client_file_id: file.id, name: file.name.slice(-200) });
      const response = await this.connection.request(`files?${query}`, { file: content });
      if (isPassing(response.status)) throw new Refused(response);
      if (!response.ok) return response;
      file.file_id = (await response.json()).file_id;
    }
    return null;
  }

  #accept(item, answer) {
    this.delete(item.id);
    this.on.accepted(item, answer);
  }

  async #refuse(item, response) {
    const problem = await response.json().catch(() => ({})); // a proxy in between may answer with a page
    const reason = typeof problem.detail === "string" ? problem.detail : null;
    const refused = { ...item, refused: { status: response.status, reason } };
    this.store.set(`out:${item.id}`, refused);
    this.on.refused(refused);
  }
}

/** A random UUID, also where the page is not a secure context and `crypto.randomUUID` is missing. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
