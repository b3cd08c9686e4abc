/** One message on the screen, with what can be done to it. */

import { link } from "./marks.js";
import { el, icon, isPicture, person } from "./wire.js";

const TICKS = { accepted: "🕓", sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!" };
const RECEIPTS = { accepted: "Accepted", sent: "Sent", delivered: "Delivered", read: "Read", failed: "Failed" };
const EMOJIS = ["👍", "❤️", "😂", "🎉"];
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

/** The element of a message, or of a note. `on`: press, reply, edit, drop, react, markRead; `can` says which there are. */
export function entryNode(entry, chat, platform, on) {
  if (entry.note) return el("p", { class: "note" }, entry.note);
  const { isOurs, isGone } = entry;
  const article = el("article", { class: isOurs ? "mine" : "theirs", "data-id": entry.id, "data-gone": Boolean(isGone) });
  if (platform.layout === "rows") article.append(faceOf(entry, chat));
  const bubble = el("div", { class: "bubble" });
  if (platform.layout === "rows" || (chat.isGroup && !isOurs)) bubble.append(el("span", { class: "author" }, entry.author ?? ""));
  if (platform.layout === "rows") bubble.append(timeOf(entry));
  if (isGone) bubble.append(el("em", { class: "gone" }, "This message was deleted"));
  else bubble.append(...contentOf(entry, chat));
  if (platform.layout !== "rows") bubble.append(el("span", { class: "meta" }, timeOf(entry), receiptOf(entry)));
  const more = [reactionsOf(entry), choicesOf(entry, chat, on)];
  article.append(el("div", { class: "said" }, bubble, ...more.filter(Boolean)));
  if (!isGone) article.append(toolsOf(entry, platform, on));
  return article;
}

function contentOf(entry, chat) {
  const replied = entry.replyTo && chat.byId.get(entry.replyTo);
  const body = el("div", { class: "body", dir: "auto" }, entry.body());
  return [
    replied && el("div", { class: "quoted" }, shortened(replied.text || "a file")),
    entry.thread && el("div", { class: "quoted" }, "in a thread"),
    ...entry.files.map(fileNode),
    body.hasChildNodes() && body.textContent && body,
    entry.edited && el("span", { class: "edited" }, "edited"),
  ].filter(Boolean);
}

function fileNode({ name, type, url, size }) {
  const label = size ? `${name} · ${Math.max(1, Math.round(size / 1024)).toLocaleString()} KiB` : name;
  if (!url) return el("span", { class: "file" }, label);
  if (isPicture(type)) return el("a", { class: "picture", href: url, target: "_blank" }, el("img", { src: url, alt: name }));
  if (type?.startsWith("audio/")) return el("audio", { src: url, controls: true, "aria-label": name });
  if (type?.startsWith("video/")) return el("video", { src: url, controls: true, "aria-label": name });
  return el("a", { class: "file", href: url, download: name }, label);
}

function faceOf({ isOurs, author }, chat) {
  const face = el("span", { class: "face", "aria-hidden": "true" }, isOurs ? chat.person.initials : "A");
  face.style.setProperty("--hue", isOurs ? chat.person.hue : person(author ?? "").hue);
  return face;
}

const timeOf = ({ at }) => el("time", { datetime: at }, clock.format(new Date(at)));

function receiptOf({ receipt, why }) {
  if (!receipt) return null;
  const words = why ? `${RECEIPTS[receipt]}: ${why}` : RECEIPTS[receipt];
  return el("span", { class: `receipt ${receipt}`, role: "img", "aria-label": words, title: words }, TICKS[receipt]);
}

function reactionsOf({ reactions, isGone }) {
  if (isGone || !reactions.length) return null;
  return el("div", { class: "reactions" }, ...reactions.map((emoji) => el("span", {}, emoji)));
}

function choicesOf(entry, chat, on) {
  const isOver = entry.isBrief && chat.newest !== entry;
  if (entry.isGone || !entry.buttons.length || isOver) return null;
  const shape = entry.stacked ? "choices stacked" : "choices";
  const choice = (button) => (button.url ? link(button.url, button.label) : el("button", { type: "button", click: () => on.press(entry, button) }, button.label));
  return el("div", { class: shape }, ...entry.buttons.map(choice));
}

function toolsOf(entry, platform, on) {
  const { can, cannot } = platform;
  const tool = (name, label, click, disabled) =>
    el("button", { type: "button", title: disabled ?? label, "aria-label": label, disabled: Boolean(disabled), click }, icon(name));
  const own = entry.isOurs
    ? [can.edit && entry.text && tool("edit", "Edit", () => on.edit(entry)), tool("drop", "Delete", () => on.drop(entry), can.drop ? null : cannot.drop)]
    : [can.markRead && tool("read", "Mark as read", () => on.markRead(entry))];
  const raw = el("details", { class: "raw" }, el("summary", { "aria-label": "As the platform has it", title: "As the platform has it" }, icon("raw")), el("pre", { tabindex: "0" }));
  raw.addEventListener("toggle", () => (raw.lastChild.textContent = JSON.stringify(entry.raw, null, 2)), { once: true });
  return el("div", { class: "tools" }, can.react && reactMenu(entry, on), can.reply && tool("reply", "Reply", () => on.reply(entry)), ...own, raw);
}

function reactMenu(entry, on) {
  const choose = (emoji) => el("button", { type: "button", "aria-label": `React with ${emoji}`, click: () => on.react(entry, emoji) }, emoji);
  return el("details", { class: "react" }, el("summary", { "aria-label": "React", title: "React" }, icon("react")), el("div", {}, ...EMOJIS.map(choose)));
}

export const shortened = (text) => ([...text].length > 80 ? `${[...text].slice(0, 80).join("")}…` : text);
