/** What is known of one platform's chats: who is in them and what was said, as the ledger tells it. */

const KEPT_MESSAGES = 500;
const TYPING_MS = 8_000;

/** One chat; `entries` are messages and notes in their order. */
class Chat {
  constructor(known) {
    Object.assign(this, known);
    this.entries = [];
    this.byId = new Map();
    this.isBlocked = false;
    this.unread = 0;
    this.typingUntil = 0;
  }

  get name() {
    return this.isGroup ? this.title : this.person.name;
  }

  get newest() {
    return this.entries.findLast((entry) => !entry.note);
  }

  put(message) {
    const known = this.byId.get(message.id);
    if (known) return Object.assign(known, message);
    this.byId.set(message.id, message);
    this.#append(message);
    return message;
  }

  note(words, at) {
    this.#append({ note: words, at });
  }

  #append(entry) {
    this.entries.push(entry);
    if (this.entries.length <= KEPT_MESSAGES) return;
    const { id } = this.entries.shift();
    this.byId.delete(id);
  }
}

/** All chats of one account on one platform. */
export class Chats {
  constructor(platform, account) {
    this.platform = platform;
    this.account = account;
    this.all = [];
  }

  /** A chat with somebody new; nobody but this page knows of it until something is said. */
  add(known) {
    const chat = new Chat(known);
    this.all.push(chat);
    return chat;
  }

  /** Takes in one entry; the chats that changed by it, each with the message that is new, if one is. */
  take(entry) {
    return this.platform.read(entry, this.account).map((change) => this.#apply(change, entry)).filter(Boolean);
  }

  #apply(change, entry) {
    const chat = this.#chatOf(change, entry);
    if (!chat) return null;
    const message = change.put && chat.put({ at: entry.at, raw: rawOf(entry), reactions: [], ...change.put });
    if (change.edit) Object.assign(chat.byId.get(change.edit.id) ?? {}, change.edit, { raw: rawOf(entry) });
    if (change.drop) Object.assign(chat.byId.get(change.drop) ?? {}, { isGone: true });
    if (change.react) Object.assign(chat.byId.get(change.react.id) ?? {}, { reactions: change.react.emojis });
    if (change.note) chat.note(change.note, entry.at);
    if (change.receipt) receive(chat, change.receipt);
    if ("blocked" in change) chat.isBlocked = change.blocked;
    if ("typing" in change) chat.typingUntil = change.typing ? Date.parse(entry.at) + TYPING_MS : 0;
    if (message && !message.isOurs) chat.typingUntil = 0;
    return { chat, message };
  }

  #chatOf({ chat: id, of, from, isGroup }, entry) {
    if (of) return this.all.find((chat) => chat.byId.has(of));
    const found = this.all.find((chat) => chat.id === id);
    if (found || !id) return found;
    const waiting = !isGroup && this.all.find((chat) => chat.id === null && chat.person.id === from);
    if (waiting) return Object.assign(waiting, { id });
    return this.add(this.platform.known(id, entry.content));
  }
}

const RANKS = ["accepted", "sent", "delivered", "read", "failed"];

/** A receipt never takes back what a later one said. */
function receive(chat, { id, upTo, isOurs = false, state, why }) {
  const meant = upTo
    ? chat.entries.filter((entry) => !entry.note && entry.isOurs === isOurs)
    : [chat.byId.get(id)].filter(Boolean);
  for (const message of meant) {
    if (RANKS.indexOf(state) > RANKS.indexOf(message.receipt)) Object.assign(message, { receipt: state, why });
  }
}

function rawOf({ kind, what, method, content, payload }) {
  return kind === "inbound" ? { told: what, content } : { call: method, payload };
}
