/** What was said: history, then the stream of server-sent events. */

/** Reads server-sent events (WHATWG HTML, "Interpreting an event stream"); calls `heard` for every chunk, pings too. */
async function* readEvents(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let fields = { data: [] };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      const [, field, content] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line);
      if (field === "data") fields.data.push(content);
      else if (field) fields[field] = content;
      else if (line === "") {
        if (fields.data.length) yield { event: fields.event, id: fields.id, data: fields.data.join("\n") };
        fields = { data: [] };
      }
    }
  }
}

/** Brings what was said, in order and without a gap, from `start` until `stop`: the newest history, then the stream. */
class Feed {
  #running = null;
  #wake = () => {};
  #attempts = 0;
  #conversation = null;
  #first = 0;

  /** `on`: reset(), history(messages), up(), down(error?), and one function per kind of event. */
  constructor(connection, on) {
    this.connection = connection;
    this.on = on;
    this.seq = 0;
  }

  get hasEarlier() {
    return this.#first > 0;
  }

  start() {
    if (this.#running) return;
    this.#running = new AbortController();
    this.#run(this.#running.signal);
  }

  stop() {
    this.#running?.abort();
    this.#running = null;
    this.#wake();
  }

  /** Drops the line, if there is one, and tries anew at once. */
  restart() {
    if (!this.#running) return;
    this.stop();
    this.start();
  }

  /** The page of history before the oldest message shown. */
  async earlier() {
    const from = Math.max(0, this.#first - LIMITS.pageMessages);
    const messages = await this.#between(from, this.#first);
    this.#first = from;
    this.on.history(messages);
  }

  async #run(signal) {
    while (!signal.aborted) {
      let failure;
      try {
        await this.#listen(signal);
      } catch (error) {
        failure = error;
      }
      if (signal.aborted) return;
      this.on.down(failure);
      await this.#pause(failure?.waitMs ?? 0);
    }
  }

  async #listen(signal) {
    await this.connection.open();
    if (this.connection.conversation !== this.#conversation) await this.#begin(signal);
    const line = new AbortController();
    let watchdog = setTimeout(() => line.abort(), LIMITS.silenceMs);
    const heard = () => {
      this.#attempts = 0;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => line.abort(), LIMITS.silenceMs);
    };
    const hangUp = () => line.abort();
    signal.addEventListener("abort", hangUp);
    try {
      const response = await this.connection.request(`stream?after_seq=${this.seq}`, { signal: line.signal });
      if (!response.ok) throw new Refused(response);
      this.on.up();
      for await (const event of readEvents(response.body, heard)) this.#take(event);
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", hangUp);
      line.abort();
    }
  }

  async #begin(signal) {
    const { conversation, cursor } = this.connection;
    this.on.reset();
    this.#first = Math.max(0, cursor - LIMITS.pageMessages);
    const messages = await this.#between(this.#first, Infinity);
    if (signal.aborted) return;
    this.seq = Math.max(cursor, ...messages.map((message) => message.seq));
    this.#conversation = conversation;
    this.on.history(messages);
  }

  /** The messages with `after` < seq ≤ `last`. */
  async #between(after, last) {
    const found = [];
    for (;;) {
      const response = await this.connection.request(`messages?after_seq=${after}&limit=${LIMITS.pageMessages}`);
      if (!response.ok) throw new Refused(response);
      const { items, next_cursor: next } = await response.json();
      found.push(...items.filter((message) => message.seq <= last));
      after = items.at(-1)?.seq ?? last;
      if (!next || after >= last) return found;
    }
  }

  #take({ event, id, data }) {
    if (id) this.seq = Math.max(this.seq, Number(id));
    this.on[event]?.(JSON.parse(data));
  }

  #pause(leastMs) {
    const longest = Math.min(LIMITS.longestWaitMs - 1000, 1000 * 2 ** this.#attempts);
    this.#attempts += 1;
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, Math.max(leastMs, 1000 + Math.random() * longest));
    });
  }
}
