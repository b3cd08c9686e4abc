/** The whole page: a column for every account, kept up to date by one request that waits for news. */

import { Column } from "./column.js";
import { discord } from "./discord.js";
import { messenger } from "./messenger.js";
import { slack } from "./slack.js";
import { telegram } from "./telegram.js";
import { whatsapp } from "./whatsapp.js";
import { el, get } from "./wire.js";

const PLATFORMS = [telegram, whatsapp, messenger, slack, discord];
const WAIT_SECONDS = 25;
const BUSY_SECONDS = 2; // what is armed or not taken changes without an entry in the ledger
const RETRY_MS = 1_000;

const main = document.querySelector("main");
const status = document.querySelector("#status");
const tabs = document.querySelector("nav");

/** What runs until the simulator is another one. */
class Watch {
  constructor() {
    this.columns = [];
    this.after = 0;
    this.run = null;
    this.waiting = null;
  }

  async forever() {
    for (;;) {
      try {
        await this.#look();
        status.textContent = "";
      } catch (error) {
        if (error.name === "AbortError") continue;
        status.textContent = "The simulator does not answer. Waiting for it…";
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Asks anew at once: something was armed or cleared. */
  hurry() {
    this.isHurried = true;
    this.waiting?.abort();
  }

  async #look() {
    this.waiting = new AbortController();
    const wait = this.run === null || this.isHurried ? 0 : this.isBusy ? BUSY_SECONDS : WAIT_SECONDS;
    this.isHurried = false;
    const news = await get(`/events?after=${this.after}&wait=${wait}`, this.waiting.signal);
    if (news.run !== this.run) return this.#begin(news.run);
    // One that has just started may still be told of its bots.
    if (this.looks++ < 2 || !this.columns.length) await this.#addAccounts();
    await this.#meet(news.items);
    for (const column of this.columns) {
      column.take(news.items.filter((entry) => concerns(entry, column)));
      column.faults.show(news.faults, news.pending);
    }
    this.after = news.last_seq;
    this.isBusy = Boolean(news.faults.length || news.pending.length || this.looks < 2 || !this.columns.length);
  }

  /** Another simulator knows nothing of what was: the page begins anew as well. */
  async #begin(run) {
    this.columns = [];
    main.replaceChildren();
    await this.#addAccounts();
    this.after = 0;
    this.run = run;
    this.isBusy = true;
    this.looks = 0;
  }

  /** An account that nobody spoke of before. */
  async #meet(items) {
    const isKnown = (entry) => !accountOf(entry) || this.columns.some((column) => concerns(entry, column));
    if (!items.every(isKnown)) await this.#addAccounts();
  }

  async #addAccounts() {
    const accounts = await get("/accounts");
    for (const platform of PLATFORMS) {
      for (const account of accounts[platform.key] ?? []) this.#add(platform, account);
    }
    const none = el("p", { class: "none" }, "No bot is here yet. A bot appears with its first call, or when the control API is told of it; see /_sim/docs.");
    if (!this.columns.length) main.replaceChildren(none);
    showTabs(this.columns);
  }

  #add(platform, account) {
    if (this.columns.some((column) => column.platform === platform && column.account.id === account.id)) return;
    main.querySelector(".none")?.remove();
    const column = new Column(platform, account, () => this.hurry());
    const rank = ({ platform: other }) => PLATFORMS.indexOf(other);
    const [next] = this.columns.filter((other) => rank(other) > rank(column)).sort((one, other) => rank(one) - rank(other));
    this.columns.push(column);
    main.insertBefore(column.element, next?.element ?? null);
  }
}

const accountOf = (entry) => entry.account ?? entry.token ?? entry.number ?? entry.page;

/** What names no account concerns all of its platform. */
function concerns(entry, { platform, account }) {
  const named = accountOf(entry);
  return entry.platform === platform.key && (!named || named === account.id);
}

function showTabs(columns) {
  const shown = [...new Set(columns.map(({ platform }) => platform))].sort((one, other) => PLATFORMS.indexOf(one) - PLATFORMS.indexOf(other));
  const tab = (key, title) => el("a", { href: `#${key}`, "data-platform": key }, title);
  tabs.replaceChildren(tab("all", "All"), ...shown.map(({ key, title }) => tab(key, title)));
  choose();
}

/** One platform alone, or all side by side, as the address says. */
function choose() {
  const wanted = location.hash.slice(1) || "all";
  document.body.dataset.only = wanted;
  for (const link of tabs.children) {
    if (link.dataset.platform === wanted) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const column of main.children) {
    column.toggleAttribute("data-away", wanted !== "all" && column.dataset.platform !== wanted);
  }
}

window.addEventListener("hashchange", choose);
new Watch().forever();
