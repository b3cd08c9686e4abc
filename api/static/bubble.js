/** One message, from the outbox to the record. */

/** A message on the screen, of either direction: as the contact wrote it, then as the server holds it. */
class Bubble {
  /** `on`: retry(item), remove(item), press(label, value); `on.server` is where files are. */
  constructor(voice, on) {
    this.voice = voice;
    this.on = on;
    this.message = {};
    this.order = Infinity;
    this.author = el("span", { class: "author" });
    this.body = el("div", { class: "body", dir: "auto" });
    this.files = el("div", { class: "files" });
    this.choices = el("div", { class: "choices" });
    this.time = el("time");
    this.note = el("span", { class: "note" });
    this.state = el("span", { class: "state" });
    this.element = el(
      "article",
      {},
      this.author,
      this.body,
      this.files,
      el("div", { class: "meta" }, this.time, this.note, this.state),
      this.choices,
    );
  }

  get day() {
    return new Date(this.message.created_at).toDateString();
  }

  /** A message that is still in the outbox. */
  wait(item) {
    this.order = 1e15 + item.at; // after everything that the server has numbered
    const created = new Date(item.at).toISOString();
    this.#render({ client_msg_id: item.id, author: "contact", text: item.text, attachments: item.files, created_at: created });
    this.element.dataset.state = item.refused ? "refused" : "sending";
    this.state.replaceChildren(...(item.refused ? this.#refusal(item) : [this.voice.say("sending")]));
  }

  /** The server has it under this id and place; its own account follows by the stream. */
  accept({ message_id: id, seq }) {
    this.message.id = id;
    this.order = seq;
    this.#settle();
  }

  /** A message as the server tells it; an edit keeps its place. */
  show(message, name) {
    if (this.message.id === undefined || this.order > message.seq) this.order = message.seq;
    this.#render(message, name);
    this.#settle();
  }

  #settle() {
    delete this.element.dataset.state;
    this.state.replaceChildren();
  }

  #refusal(item) {
    const { status, reason } = item.refused;
    const isTooLong = status === 413 && !item.files;
    const isGone = status === 410;
    const key = isGone ? "file_gone" : isTooLong ? "too_long" : reason ? "refused_because" : "refused";
    const why = this.voice.say(key, { reason });
    const button = (name) =>
      el("button", { type: "button", class: "link", click: () => this.on[name](item) }, this.voice.say(name));
    return [why, " ", ...(isGone ? [] : [button("retry"), " "]), button("remove")];
  }

  #render(message, name) {
    this.message = { ...this.message, ...message };
    const { author, created_at: created, edited_at: edited, deleted_at: deleted } = this.message;
    this.element.dataset.author = author;
    const speaker = { contact: "you", operator: "team", system: "system" }[author];
    this.author.textContent = speaker ? this.voice.say(speaker) : name;
    this.time.dateTime = created;
    this.time.textContent = this.voice.clock.format(new Date(created));
    this.body.title = this.time.textContent;
    this.note.textContent = edited && !deleted ? this.voice.say("edited") : "";
    this.element.toggleAttribute("data-deleted", Boolean(deleted));
    this.#renderBody(this.message);
    this.#renderExtras(this.message);
  }

  #renderBody({ author, text, html, deleted_at: deleted }) {
    const isRich = Boolean(html) && author !== "contact" && !deleted;
    const source = deleted ? this.voice.say("deleted") : isRich ? html : (text ?? "");
    if (source === this.source) return; // an echo of what is shown already must not be read aloud again
    this.source = source;
    this.body.hidden = source === "";
    this.body.classList.toggle("plain", !isRich);
    this.body.replaceChildren(isRich ? safeHtml(source, this.voice) : source);
  }

  #renderExtras({ attachments = [], buttons = [], deleted_at: deleted }) {
    const files = deleted ? [] : attachments;
    const key = JSON.stringify([files.map(({ media_id: id, state }) => [id, state]), deleted ? [] : buttons]);
    if (key === this.extras) return; // a picture that is shown must not be loaded again
    this.extras = key;
    this.files.replaceChildren(...files.map((file) => fileNode(file, this.on.server)));
    this.choices.replaceChildren(...choiceNodes(deleted ? [] : buttons, this.on.press));
  }
}
