/** One account's telephone or channel: its chats, the one that is open, and where to write. */

import { entryNode } from "./bubble.js";
import { Chats } from "./chats.js";
import { Composer } from "./composer.js";
import { Deeds } from "./deeds.js";
import { Faults } from "./faults.js";
import { el, icon } from "./wire.js";

const NEAR_PIXELS = 60;

/** `changed` is called when what is armed has changed. */
export class Column {
  constructor(platform, account, changed) {
    this.platform = platform;
    this.account = account;
    this.chats = new Chats(platform, account);
    this.faults = new Faults(platform, changed);
    this.composer = new Composer(platform, {
      say: (text, replyTo) => this.#say(text, replyTo),
      edit: (id, text) => platform.edit(account, this.open, id, text),
      send: (file, text) => platform.send(account, this.open, file, text),
    });
    this.#build();
    this.show(this.chats.add(platform.newPerson()));
  }

  /** Takes in what happened. */
  take(entries) {
    if (!entries.length) return;
    for (const entry of entries) {
      for (const { chat, message } of this.chats.take(entry)) {
        const isNew = message && !message.isOurs && this.isSettled; // what was there at first was read before
        if (isNew && chat !== this.open) chat.unread += 1;
      }
    }
    this.#preferKnown();
    this.#list();
    this.#render();
  }

  show(chat) {
    this.open = chat;
    chat.unread = 0;
    this.log.setAttribute("aria-label", `${this.platform.title}: conversation with ${chat.name}`);
    this.log.replaceChildren();
    this.nodes = new Map();
    this.composer.aim(chat);
    this.isFollowing = true;
    this.#list();
    this.#render();
  }

  #build() {
    const { platform, account } = this;
    this.strip = el("div", { class: "strip", role: "group", "aria-label": `${platform.title}: chats` });
    this.log = el("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0", scroll: () => this.#look() });
    // A picture that has come makes the log longer.
    this.log.addEventListener("load", () => this.#follow(), true);
    new ResizeObserver(() => this.#follow()).observe(this.log);
    this.typing = el("div", { class: "typing" });
    this.quick = el("span", { class: "quick" });
    this.more = new Deeds(platform, account, (act) => this.#try(act));
    this.deeds = el("div", { class: "deeds" }, this.quick, this.more.menu);
    const titles = el("div", { class: "titles" }, el("h2", {}, platform.title), el("span", { title: account.name }, account.name));
    const header = el("header", {}, el("span", { class: "mark", "aria-hidden": "true" }, platform.title[0]), titles, this.faults.menu);
    const drop = (event) => this.#drop(event);
    this.element = el(
      "section",
      { class: `column ${platform.layout}`, "data-platform": platform.key, "aria-label": platform.title, dragover: (event) => event.preventDefault(), drop, paste: drop },
      header, this.strip, this.deeds, this.log, this.typing, this.faults.line, this.composer.element,
    );
  }

  /** The person that nobody has heard of gives way to somebody whom the simulator knows. */
  #preferKnown() {
    const known = this.chats.all.filter((chat) => chat.entries.length);
    const [first] = this.chats.all;
    if (this.isSettled || !known.length) return;
    this.isSettled = true;
    if (first.entries.length) return;
    this.chats.all.shift();
    this.show(known.at(-1));
  }

  #list() {
    const tab = (chat) => {
      const face = el("span", { class: "face", "aria-hidden": "true" }, chat.isGroup ? "#" : chat.person.initials);
      face.style.setProperty("--hue", chat.person.hue);
      const badge = chat.unread ? el("span", { class: "badge" }, String(chat.unread)) : null;
      const label = chat.unread ? `${chat.name}, ${chat.unread} new` : chat.name;
      return el("button", { type: "button", class: "chat", "aria-label": label, "aria-pressed": String(chat === this.open), click: () => this.show(chat) }, face, el("span", { class: "name" }, chat.name), badge);
    };
    const fresh = (name, label, make) => el("button", { type: "button", class: "fresh", "aria-label": label, title: label, click: () => this.#begin(make()) }, icon(name));
    const { can, newPerson, newGroup } = this.platform;
    const group = can.group && fresh("group", "New group or channel", newGroup);
    this.strip.replaceChildren(fresh("plus", "New chat", newPerson), ...(group ? [group] : []), ...this.chats.all.toReversed().map(tab));
    this.#offer();
  }

  #offer() {
    const { platform, account, open } = this;
    const deed = (label, act) => el("button", { type: "button", click: () => this.#try(act) }, label);
    const block = deed(open.isBlocked ? "Take that back" : platform.blocking, () => platform.block(account, open, !open.isBlocked));
    const start = !open.entries.length && platform.key === "telegram" && deed("/start", () => this.#say("/start"));
    this.more.aim(open);
    const ask = platform.can.ask && deed("/ask", () => platform.ask(account, open, "how are you?"));
    const join = platform.can.join && open.isGroup && deed("Somebody joins", () => platform.join(account, open));
    this.quick.replaceChildren(...[start, ask, join, open.id !== null && block].filter(Boolean));
    this.element.toggleAttribute("data-blocked", open.isBlocked);
  }

  #begin(known) {
    this.isSettled = true;
    this.show(this.chats.add(known));
    this.composer.field.focus();
  }

  async #say(text, replyTo) {
    await this.platform.say(this.account, this.open, text, replyTo);
  }

  /** What a deed says of itself is noted where it was done. */
  async #try(act) {
    const { open } = this;
    try {
      const words = await act();
      if (typeof words === "string") open.note(words, new Date().toISOString());
      this.#render();
    } catch (error) {
      this.composer.tell(error.message);
    }
  }

  #render() {
    const { log, open } = this;
    const kept = new Set();
    open.entries.forEach((entry, place) => {
      const node = this.#nodeOf(entry);
      kept.add(node);
      // What stands where it should is not touched: it would be read aloud again.
      if (log.children[place] !== node) log.insertBefore(node, log.children[place] ?? null);
    });
    for (const node of [...log.children]) if (!kept.has(node)) node.remove();
    this.#showTyping();
    this.#follow();
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    this.isFollowing = scrollHeight - scrollTop - clientHeight < NEAR_PIXELS;
  }

  #follow() {
    if (this.isFollowing) this.log.scrollTop = this.log.scrollHeight;
  }

  #nodeOf(entry) {
    const { open, platform, account } = this;
    const key = entry.note ?? JSON.stringify([entry.text, entry.receipt, entry.reactions, entry.isGone, entry.edited, entry.buttons, entry.isBrief && open.newest === entry, entry.replyTo]);
    const known = this.nodes.get(entry);
    if (known?.key === key) return known.node;
    const node = entryNode(entry, open, platform, {
      press: (message, button) => this.#try(() => platform.press(account, open, message, button)),
      edit: (message) => this.composer.edit(message),
      reply: (message) => this.composer.reply(message),
      drop: ({ id }) => this.#try(() => platform.drop(account, open, id)),
      react: ({ id }, emoji) => this.#try(() => platform.react(account, open, id, emoji)),
      markRead: (message) => this.#try(() => platform.markRead(account, open, message)),
    });
    known?.node.replaceWith(node);
    this.nodes.set(entry, { key, node });
    return node;
  }

  #showTyping() {
    const left = this.open.typingUntil - Date.now();
    const dots = [1, 2, 3].map(() => el("i"));
    this.typing.replaceChildren(...(left > 0 ? [el("span", { class: "unseen" }, "The bot is typing"), ...dots] : []));
    clearTimeout(this.timer);
    if (left > 0) this.timer = setTimeout(() => this.#showTyping(), left);
  }

  /** A file that was dropped here, or a picture that was pasted. */
  #drop(event) {
    const [file] = (event.dataTransfer ?? event.clipboardData)?.files ?? [];
    if (!file) return;
    event.preventDefault();
    this.composer.attach(file);
  }
}
