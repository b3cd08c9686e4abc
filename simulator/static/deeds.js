/** What else can happen on a platform than words: a menu of deeds, and of what the bot shows that can be tapped. */

import { el, get } from "./wire.js";

const DAY_SECONDS = 86_400;

/** Places and cards that somebody sends. */
export const PLACE = { name: "Dam Square", address: "Amsterdam", latitude: 52.3731, longitude: 4.8926 };
export const CARD = { name: "Ann Example", phone: "+31 20 123 4567" };

/** How the page tells of a place, and of a card. */
export const placed = ({ name, address, latitude, longitude }) =>
  `📍 ${[name, address, `${latitude}, ${longitude}`].filter(Boolean).join(", ")}`;
export const carded = (name, phone) => `👤 ${[name, phone].filter(Boolean).join(", ")}`;

/** A day passes: nobody has said anything for that long. */
export const PASSED = { seconds: DAY_SECONDS };

/**
 * The menu of one column. A platform's `deeds(account, chat)` gives pairs of a label and what is done; what that says
 * is noted in the chat. `act` does it and tells what goes wrong.
 */
export class Deeds {
  constructor(platform, account, act) {
    this.platform = platform;
    this.account = account;
    this.act = act;
    this.list = el("div", { class: "menu" });
    const summary = el("summary", {}, "More…");
    this.menu = el("details", { class: "more", toggle: () => this.menu.open && this.#fill() }, summary, this.list);
    this.menu.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      this.menu.open = false;
      summary.focus();
    });
    this.menu.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.menu.contains(relatedTarget)) this.menu.open = false;
    });
  }

  /** For which chat this is. */
  aim(chat) {
    if (chat !== this.chat) this.menu.open = false;
    this.chat = chat;
    this.menu.hidden = !this.platform.deeds || chat.id === null;
  }

  /** What a bot shows may have changed since the menu was open last. */
  async #fill() {
    const { platform, account, chat } = this;
    const button = ([label, deed]) => el("button", { type: "button", click: () => this.#choose(deed) }, label);
    this.list.replaceChildren(...platform.deeds(account, chat).map(button));
    if (!platform.tap) return;
    const known = (await get("/accounts"))[platform.key].find(({ id }) => id === account.id);
    const taps = (known?.shows ?? []).map((label) => button([label, () => platform.tap(account, chat, label)]));
    if (taps.length) this.list.append(el("h3", {}, "What the bot shows"), ...taps);
  }

  #choose(deed) {
    this.menu.open = false;
    this.menu.firstChild.focus();
    this.act(deed);
  }
}
