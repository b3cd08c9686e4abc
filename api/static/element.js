/**
 * The element itself: one chat window, wired to its channel.
 *
 *   <script src="https://HOST/webchat/widget.js" data-channel="ID" data-name="Ada" data-theme="dark" defer></script>
 *   <chat-orchestrator channel="ID" name="Ada" mode="page"></chat-orchestrator>
 *
 * Attributes: channel; name (of the bot); mode (floating, page); server (default: where the script came from);
 * theme (light, dark; default: as the reader's system); lang (default: the page's, then the browser's).
 * Style properties that the page may set on it: --chat-accent, --chat-on-accent, --chat-font. Methods: open(), close().
 */

class ChatOrchestrator extends HTMLElement {
  #life = null;
  #hidden = 0;
  #trouble = 0;
  #status = "";
  #wasUp = false;

  connectedCallback() {
    if (!this.getAttribute("channel")) {
      throw new Error("<chat-orchestrator> needs a channel attribute: the id of a webchat channel");
    }
    if (!this.shadowRoot) this.#build();
    this.#life = new AbortController();
    const { signal } = this.#life;
    window.addEventListener("online", () => this.#reconnect(), { signal });
    window.addEventListener("offline", () => this.feed.restart(), { signal });
    window.addEventListener("storage", (event) => this.#otherTab(event), { signal });
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    if (this.isPage) this.feed.start();
    else if (this.store.get("open") && matchMedia(ROOMY).matches) this.#show();
    else if (this.connection.known || this.outbox.items().length) this.feed.start();
  }

  disconnectedCallback() {
    this.#life.abort();
    this.feed.stop();
  }

  get isPage() {
    return this.getAttribute("mode") === "page";
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** Opens the floating window and puts the cursor into its text field. */
  open() {
    this.#show();
    this.composer.field.focus();
  }

  /** Closes the floating window and gives the focus back to its launcher. */
  close() {
    this.panel.hidden = true;
    this.store.delete("open");
    this.launcher.setAttribute("aria-expanded", "false");
    this.launcher.focus();
  }

  #show() {
    this.panel.hidden = false;
    this.store.set("open", true);
    this.launcher.setAttribute("aria-expanded", "true");
    this.feed.start();
    this.#count();
  }

  // ---- Parts ----

  #build() {
    const channel = this.getAttribute("channel");
    const server = (this.getAttribute("server") ?? HOME).replace(/\/$/, "");
    this.voice = new Voice(this);
    this.store = new Store(`chat-orchestrator:${server}:${channel}:`);
    const address = `${server}/webchat/${encodeURIComponent(channel)}`;
    this.connection = new Connection(address, this.store, () => this.feed.restart());
    this.feed = new Feed(this.connection, this.#feedListeners());
    this.shelf = new Shelf(this.store.prefix);
    this.outbox = new Outbox(this.store, this.shelf, this.connection, {
      accepted: (item, answer) => this.log.accept(item, answer),
      refused: (item) => this.log.wait(item),
    });
    this.log = new Log(this.voice, {
      retry: (item) => this.#send(this.outbox.renew(item)),
      remove: (item) => this.#remove(item),
      earlier: () => this.feed.earlier().catch(() => this.feed.restart()),
      read: () => this.#count(),
      press: (label, value) => this.#send(this.outbox.add(label, value)),
      server: new URL(server, location.href).origin,
    });
    this.composer = new Composer(this.voice, (text, files) => this.#say(text, files));
    this.#buildWindow();
    this.log.reset(this.outbox.items());
    this.#rename();
  }

  #buildWindow() {
    const close = () => this.close();
    const closeButton = el(
      "button",
      { type: "button", class: "close", "aria-label": this.voice.say("close"), click: close },
      icon("close"),
    );
    this.heading = el(this.isPage ? "h1" : "h2");
    this.mark = el("span", { class: "mark", "aria-hidden": "true" });
    this.notice = el("div", { class: "notice", role: "status" });
    const header = el("header", {}, this.mark, this.heading, ...(this.isPage ? [] : [closeButton]));
    const drop = (event) => this.composer.drop(event);
    const shape = this.isPage ? { role: "region" } : { role: "dialog", hidden: true };
    this.panel = el(
      "section",
      { class: "panel", id: "panel", lang: this.voice.language, ...shape, dragover: drop, drop },
      header,
      this.notice,
      this.log.element,
      this.composer.element,
    );
    this.badge = el("span", { class: "badge", "aria-hidden": "true", hidden: true });
    const toggle = () => (this.isOpen ? this.close() : this.open());
    this.launcher = el(
      "button",
      {
        type: "button",
        class: "launcher",
        lang: this.voice.language,
        hidden: this.isPage,
        "aria-expanded": "false",
        "aria-controls": "panel",
        "aria-haspopup": "dialog",
        click: toggle,
      },
      icon("chat"),
      this.badge,
    );
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // unlike a style element, allowed by every content security policy
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing && !this.isPage && this.isOpen) this.close();
    });
    root.append(el("div", { class: "root" }, this.panel, this.launcher));
  }

  #rename() {
    const name = this.getAttribute("name") || this.connection.botName || this.voice.say("assistant");
    this.heading.textContent = name;
    this.mark.textContent = [...name][0].toLocaleUpperCase();
    this.panel.setAttribute("aria-label", name);
    this.log.rename(name);
    this.composer.rename(name);
    this.#count();
  }

  // ---- What comes in ----

  #feedListeners() {
    const show = (message) => {
      this.outbox.delete(message.client_msg_id);
      this.log.show(message);
      this.#count();
    };
    return {
      reset: () => this.log.reset(this.outbox.items()),
      history: (messages) => this.#history(messages),
      up: () => this.#up(),
      down: (error) => this.#down(error),
      message: show,
      message_updated: show,
      message_deleted: (message) => this.log.delete(message),
      delta: (piece) => this.log.draft(piece),
      typing: (state) => (state.active === false ? this.log.stopTyping() : this.log.startTyping()),
      status: ({ status }) => this.#stand(status),
      closed: () => this.#stand("closed"),
    };
  }

  #history(messages) {
    messages.forEach((message) => this.outbox.delete(message.client_msg_id));
    this.log.history(messages, this.feed.hasEarlier);
    this.#count();
  }

  #up() {
    this.#wasUp = true;
    clearTimeout(this.#trouble);
    this.#trouble = 0;
    this.#setStatus(this.#status);
    this.#rename();
    this.composer.tray.allow(this.connection.maxFileBytes);
    this.outbox.flush();
  }

  #down(error) {
    this.log.clearDraft();
    const isForGood = [403, 404].includes(error?.status);
    const trouble = isForGood ? "unavailable" : this.#wasUp ? "reconnecting" : "connecting";
    const tell = () => (this.notice.textContent = this.voice.say(trouble));
    if (!this.#trouble) this.#trouble = setTimeout(tell, LIMITS.noticeAfterMs);
  }

  #stand(status) {
    this.log.clearDraft();
    this.#setStatus(status);
  }

  #setStatus(status) {
    this.#status = status;
    const isWorthSaying = ["handed_over", "paused", "closed"].includes(status);
    if (!this.#trouble) this.notice.textContent = isWorthSaying ? this.voice.say(status) : "";
  }

  #reconnect() {
    this.feed.restart();
    this.outbox.flush();
  }

  /** A tab that nobody has seen for a while gives its line back; coming back, it takes up where it was. */
  #look() {
    clearTimeout(this.#hidden);
    if (document.hidden) this.#hidden = setTimeout(() => this.feed.stop(), LIMITS.hiddenMs);
    else if (this.isPage || this.isOpen || this.connection.known) this.feed.start();
  }

  // ---- What goes out ----

  /** Files are kept before the message that names them is. */
  async #say(text, files) {
    const kept = files.map((file) => ({ id: uuid(), name: file.name || "file" }));
    await Promise.all(files.map((file, place) => this.shelf.put(kept[place].id, file)));
    this.#send(this.outbox.add(text, undefined, kept));
  }

  #send(item) {
    if (this.#status === "closed") this.#setStatus("");
    this.log.wait(item);
    this.log.follow();
    this.outbox.flush();
  }

  #remove(item) {
    this.outbox.delete(item.id);
    this.log.withdraw(item.id);
    this.composer.field.focus();
  }

  /** Another tab has stored a message, or has got rid of one. */
  #otherTab({ key, newValue }) {
    const beginning = `${this.store.prefix}out:`;
    if (!key?.startsWith(beginning)) return;
    if (newValue === null) this.log.withdraw(key.slice(beginning.length));
    else this.log.wait(JSON.parse(newValue));
  }

  /** Counts what came while nobody looked. */
  #count() {
    const isLooking = this.isOpen && !document.hidden;
    if (isLooking && this.feed.seq > (this.store.get("read") ?? 0)) this.store.set("read", this.feed.seq);
    const count = this.isOpen ? 0 : this.log.countAfter(this.store.get("read") ?? 0);
    this.badge.textContent = count;
    this.badge.hidden = count === 0;
    const label = this.voice.say("open", { name: this.heading.textContent });
    this.launcher.setAttribute("aria-label", count ? `${label}, ${this.voice.say("unread", { count })}` : label);
  }
}
