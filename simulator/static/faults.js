/** What goes wrong with a platform's next call, or with what it tells the bot next. */

import { el, forget, icon, post } from "./wire.js";

const CHOICES = [
  ["Answers after 5 s", { kind: "delay", seconds: 5 }],
  ["Answers 429, try again in 5 s", { kind: "status", status: 429, retry_after: 5 }],
  ["Answers 500", { kind: "status", status: 500 }],
  ["Accepts, and answers nothing", { kind: "accept_then_hang", seconds: 40 }],
  ["Accepts, and breaks off", { kind: "accept_then_reset" }],
];
const TOLD = [["Told to the bot three times", { kind: "duplicate_webhook", copies: 2 }]];

/** The menu and the line below it, which says what is armed and what the bot has not taken. */
export class Faults {
  constructor(platform, changed) {
    const { key, sends } = platform;
    const arm = (fault) => async () => {
      await post("/faults", { ...fault, platform: key });
      this.menu.open = false;
      changed();
    };
    const button = ([label, fault]) => el("button", { type: "button", click: arm(fault) }, label);
    const clear = async () => {
      await forget("/faults");
      changed();
    };
    this.platform = platform;
    this.clear = el("button", { type: "button", class: "clear", click: clear }, "Clear");
    this.menu = el(
      "details",
      { class: "faults" },
      el("summary", { title: "Let something go wrong" }, icon("menu"), el("span", { class: "unseen" }, `Let something go wrong on ${platform.title}`)),
      el(
        "div",
        { class: "menu" },
        el("h3", {}, "The bot’s next message"),
        ...CHOICES.map(([label, fault]) => button([label, { ...fault, method: sends }])),
        ...(platform.isPosted === false ? [] : [el("h3", {}, "The next message to the bot"), ...TOLD.map(button)]),
      ),
    );
    this.menu.addEventListener("keydown", ({ key: pressed }) => {
      if (pressed !== "Escape") return;
      this.menu.open = false;
      this.menu.firstChild.focus();
    });
    this.menu.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.menu.contains(relatedTarget)) this.menu.open = false;
    });
    this.line = el("div", { class: "state", role: "status" });
  }

  show(faults, pending) {
    const armed = faults.filter(({ platform }) => platform === this.platform.key || platform === undefined);
    const waiting = pending.filter(({ platform, attempts }) => platform === this.platform.key && attempts > 0);
    const words = [...armed.map(wordsOf), ...waiting.slice(0, 1).map((one) => untaken(one, waiting.length))];
    const key = words.join();
    if (key === this.shown) return;
    this.shown = key;
    this.line.replaceChildren(...words.map((word) => el("span", {}, word)), ...(armed.length ? [this.clear] : []));
  }
}

function wordsOf({ kind, status, seconds, remaining, copies }) {
  const told = { delay: `answers after ${seconds} s`, status: `answers ${status}`, accept_then_hang: "accepts, answers nothing" };
  const words = told[kind] ?? (copies ? `told ${copies + 1} times` : kind.replaceAll("_", " "));
  return `⚠ Next: ${words}${remaining > 1 ? ` (${remaining} times)` : ""}`;
}

function untaken({ attempts, statuses }, count) {
  const last = statuses.at(-1);
  return `${count} not taken by the bot: ${last ?? "no answer"}, ${attempts === 1 ? "once" : `${attempts} times`}`;
}
