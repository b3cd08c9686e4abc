/** Where a person writes: words, a file, a change of what was said, an answer to something. */

import { el, icon } from "./wire.js";
import { shortened } from "./bubble.js";

/** `on`: say(text, replyTo), edit(id, text), send(file, text); each may fail with a sentence. */
export class Composer {
  constructor(platform, on) {
    this.platform = platform;
    this.on = on;
    this.field = el("textarea", { rows: "1", dir: "auto", enterkeyhint: "send", input: () => this.#grow(), keydown: (event) => this.#key(event) });
    this.picker = el("input", { type: "file", hidden: true, change: () => this.#pick() });
    const clip = el("button", { type: "button", class: "clip", "aria-label": "Attach a file", title: "Attach a file", click: () => this.picker.click() }, icon("clip"));
    const send = el("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send" }, icon("send"));
    this.about = el("div", { class: "about", hidden: true });
    this.problem = el("div", { class: "problem", role: "alert" });
    const submit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    const row = el("div", { class: "row" }, clip, this.picker, this.field, send);
    this.element = el("form", { class: "composer", submit }, this.about, row, this.problem);
    this.mode = {};
  }

  /** For which chat this is; what was begun for another one is dropped. */
  aim(chat) {
    const label = chat.isGroup ? `Message in ${chat.name}; @bot mentions the bot` : `Message as ${chat.name}`;
    this.field.setAttribute("aria-label", `${this.platform.title}: ${label}`);
    this.field.placeholder = chat.isGroup ? "Message, @bot" : "Message";
    this.#begin({});
  }

  edit(entry) {
    this.#begin({ editing: entry.id }, `Editing: ${shortened(entry.text)}`);
    this.field.value = entry.text;
    this.#grow();
    this.field.focus();
  }

  reply(entry) {
    this.#begin({ replyTo: entry.thread ?? entry.id, file: this.mode.file }, `Answering: ${shortened(entry.text || "a file")}`);
    this.field.focus();
  }

  /** Takes a file along with the next message. */
  attach(file) {
    this.#begin({ ...this.mode, editing: undefined, file }, `File: ${file.name}`);
    this.field.focus();
  }

  tell(problem) {
    this.problem.textContent = problem;
  }

  #begin(mode, words = "") {
    this.mode = mode;
    this.about.hidden = !words;
    const stop = () => this.#begin({});
    this.about.replaceChildren(el("span", {}, words), el("button", { type: "button", "aria-label": "Never mind", click: stop }, "×"));
    this.tell("");
  }

  #pick() {
    const [file] = this.picker.files;
    if (file) this.attach(file);
    this.picker.value = "";
  }

  #key(event) {
    if (event.key === "Escape" && (this.mode.editing || this.mode.replyTo || this.mode.file)) this.#begin({});
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  async #submit() {
    const text = this.field.value.trim();
    const { editing, replyTo, file } = this.mode;
    if (!text && !file) return;
    this.field.value = "";
    this.#grow();
    this.#begin({});
    try {
      if (file) await this.on.send(file, text);
      else if (editing) await this.on.edit(editing, text);
      else await this.on.say(text, replyTo);
    } catch (error) {
      this.tell(`Not sent. ${error.message}`);
      this.field.value ||= text;
    }
    this.field.focus();
  }

  #grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }
}
