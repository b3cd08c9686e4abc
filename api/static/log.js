/** The conversation on the screen. */

/** The log: every message once and in its place, day by day, and whatever is just being written. */
class Log {
  #byId = new Map();
  #byClientId = new Map();
  #days = new Map();
  #drafts = new Map();
  #following = true;
  #typingTimer = 0;

  /** `on`: retry(item), remove(item), press(label, value), earlier(), read() when the newest is in sight; `server`. */
  constructor(voice, on) {
    this.voice = voice;
    this.on = on;
    const button = (key, click, ...more) =>
      el("button", { type: "button", class: key, hidden: true, click }, voice.say(key), ...more);
    this.earlierButton = button("earlier", () => on.earlier());
    this.newerButton = button("newer", () => this.follow(), icon("down"));
    this.list = el("div", { class: "list", lang: voice.pageLanguage });
    this.typing = el("div", { class: "typing" });
    this.draftList = el("div", { class: "drafts", "aria-hidden": "true" });
    const begin = el("div", { class: "begin" }, icon("chat"), voice.say("begin"));
    this.content = el("div", { class: "content" }, this.earlierButton, this.list, begin, this.draftList, this.typing);
    const live = { role: "log", "aria-live": "polite", tabindex: "0" };
    this.view = el("div", { class: "view", ...live, scroll: () => this.#look() }, this.content);
    this.element = el("div", { class: "log" }, this.view, this.newerButton);
    const resized = new ResizeObserver(() => this.#following && this.follow());
    resized.observe(this.view);
    resized.observe(this.content);
  }

  rename(name) {
    this.name = name;
    this.view.setAttribute("aria-label", this.voice.say("log", { name }));
  }

  reset(items) {
    for (const shown of [this.#byId, this.#byClientId, this.#days]) shown.clear();
    this.list.replaceChildren();
    this.view.ariaBusy = "true";
    this.clearDrafts();
    this.#following = true;
    items.forEach((item) => this.wait(item));
  }

  history(messages, hasEarlier) {
    this.view.ariaBusy = "true";
    const height = this.view.scrollHeight - this.view.scrollTop;
    messages.forEach((message) => this.#put(message));
    this.earlierButton.hidden = !hasEarlier;
    if (!this.#following) this.view.scrollTop = this.view.scrollHeight - height;
    requestAnimationFrame(() => (this.view.ariaBusy = "false"));
  }

  show(message) {
    const isNew = !this.#byId.has(message.id);
    this.#put(message);
    if (message.direction === "outbound") this.stopTyping();
    if (isNew) this.newerButton.hidden = this.#following;
  }

  /** Marks a message as deleted; one that is not on the screen needs nothing. */
  delete({ id, deleted_at: deleted }) {
    const bubble = this.#byId.get(id);
    bubble?.show({ ...bubble.message, deleted_at: deleted ?? new Date().toISOString() }, this.name);
  }

  wait(item) {
    const bubble = this.#byClientId.get(item.id) ?? new Bubble(this.voice, this.on);
    if (bubble.message.id !== undefined) return;
    this.#byClientId.set(item.id, bubble);
    bubble.wait(item);
    this.#place(bubble);
  }

  accept(item, answer) {
    const bubble = this.#byClientId.get(item.id);
    if (!bubble || bubble.message.id !== undefined) return;
    if (this.#byId.has(answer.message_id)) return this.withdraw(item.id); // the stream was faster
    bubble.accept(answer);
    this.#byId.set(answer.message_id, bubble);
    this.#place(bubble);
  }

  /** Takes a message off the screen that the server has not numbered. */
  withdraw(clientId) {
    const bubble = this.#byClientId.get(clientId);
    if (!bubble || bubble.message.id !== undefined) return;
    this.#byClientId.delete(clientId);
    bubble.element.remove();
    this.#tidyDays();
  }

  /** How many messages of the other side have a seq above this one. */
  countAfter(seq) {
    const isUnread = ({ order, message }) => order > seq && message.author !== "contact" && !message.deleted_at;
    return [...this.#byId.values()].filter(isUnread).length;
  }

  draft({ message_id: id, append = "", replace }) {
    if (this.#byId.has(id)) return;
    this.stopTyping();
    const draft = this.#drafts.get(id) ?? { body: el("div", { class: "body plain", dir: "auto" }) };
    if (!this.#drafts.has(id)) this.draftList.append(el("article", { "data-author": "bot" }, draft.body));
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => this.#endDraft(id), LIMITS.draftMs);
    draft.body.textContent = (replace ?? draft.body.textContent) + append;
    this.#drafts.set(id, draft);
  }

  /** Forgets half-written replies: pieces missed while away are not repeated. */
  clearDrafts() {
    [...this.#drafts.keys()].forEach((id) => this.#endDraft(id));
    this.stopTyping();
  }

  startTyping() {
    const dots = [1, 2, 3].map(() => el("i"));
    const words = el("span", { class: "unseen" }, this.voice.say("typing", { name: this.name }));
    if (!this.typing.firstChild) this.typing.replaceChildren(words, ...dots);
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => this.stopTyping(), LIMITS.typingMs);
  }

  stopTyping() {
    clearTimeout(this.#typingTimer);
    this.typing.replaceChildren();
  }

  /** Scrolls to the newest message, and stays there. */
  follow() {
    this.view.scrollTop = this.view.scrollHeight;
    this.#look();
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.view;
    if (clientHeight === 0) return;
    this.#following = scrollHeight - scrollTop - clientHeight < LIMITS.nearPixels;
    if (!this.#following) return;
    this.newerButton.hidden = true;
    this.on.read();
  }

  #put(message) {
    const bubble =
      this.#byId.get(message.id) ?? this.#byClientId.get(message.client_msg_id) ?? new Bubble(this.voice, this.on);
    this.#endDraft(message.id);
    bubble.show(message, this.name);
    this.#byId.set(message.id, bubble);
    this.#place(bubble);
  }

  #place(bubble) {
    const { element } = bubble;
    element.bubble = bubble;
    const before = backTo(this.list.lastElementChild, (other) => other !== bubble && other.order <= bubble.order);
    const there = element.isConnected && backTo(element.previousElementSibling, () => true) === before;
    // Moving an element would read it aloud again and take the focus from it.
    if (!there && before) before.after(element);
    else if (!there) this.list.prepend(element);
    this.#separate(bubble, before?.bubble);
  }

  #separate(bubble, previous) {
    if (previous?.day !== bubble.day) {
      const words = this.voice.day(new Date(bubble.message.created_at));
      const separator = this.#days.get(bubble.day) ?? el("div", { class: "day" }, el("span", {}, words));
      this.#days.set(bubble.day, separator);
      if (bubble.element.previousElementSibling !== separator) bubble.element.before(separator);
    }
    this.#tidyDays();
  }

  #tidyDays() {
    for (const [day, separator] of this.#days) {
      if (separator.nextElementSibling?.bubble?.day === day) continue;
      separator.remove();
      this.#days.delete(day);
    }
  }

  #endDraft(id) {
    const draft = this.#drafts.get(id);
    if (!draft) return;
    clearTimeout(draft.timer);
    draft.body.parentElement.remove();
    this.#drafts.delete(id);
  }
}

/** The nearest element from here upwards whose message passes the test; null when there is none. */
function backTo(element, test) {
  while (element && !(element.bubble && test(element.bubble))) element = element.previousElementSibling;
  return element;
}
