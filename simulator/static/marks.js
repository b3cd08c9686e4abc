/** Words as each platform shows them. Whatever a bot writes becomes text nodes inside of a few elements, never HTML. */

import { el } from "./wire.js";

const ADDRESS = /^https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)\]'"]/;
const SAFE = /^(https?|mailto|tel|tg):/i;
const WORD = /[\p{L}\p{N}]/u;

// Marks with their elements, the longer ones first; `tight` ones stand at the borders of words alone.
const DIALECTS = {
  slack: { marks: { "`": "code", "*": "strong", _: "em", "~": "s" }, tight: true, angled: slackAngled, quote: /^(?:>|&gt;) ?/ },
  whatsapp: { marks: { "`": "code", "*": "strong", _: "em", "~": "s" }, tight: true, quote: /^> /, item: /^[-*] / },
  discord: {
    marks: { "**": "strong", __: "u", "~~": "s", "||": "spoiler", "`": "code", "*": "em", _: "em" },
    angled: discordAngled, quote: /^> /, item: /^\s*[-*] /, heading: /^(#{1,3}|-#) /, labelled: true, escapes: true,
  },
  plain: { marks: {} },
};

/** The words of a message in one dialect. */
export function marked(text, name) {
  const dialect = DIALECTS[name];
  const fragment = document.createDocumentFragment();
  const fences = Object.keys(dialect.marks).length ? text.split(/```([\s\S]*?)```/) : [text];
  fences.forEach((piece, place) => {
    if (place % 2) fragment.append(code(piece, name));
    else lines(place ? piece.replace(/^\n/, "") : piece, dialect, fragment);
  });
  return fragment;
}

/** Telegram's entities: ranges in UTF-16 units, which lie inside of one another or apart. */
export function withEntities(text, entities) {
  const sorted = [...entities].sort((one, other) => one.offset - other.offset || other.length - one.length);
  return range(text, sorted, 0, text.length);
}

export function link(address, label) {
  const shown = label ?? address;
  if (!SAFE.test(address)) return document.createTextNode(shown);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, shown);
}

function spoiler(content) {
  const show = ({ currentTarget: button }) => button.toggleAttribute("data-shown");
  return el("button", { type: "button", class: "spoiler", title: "Spoiler: press to show", click: show }, content);
}

function code(piece, name) {
  const [, language] = (name === "discord" && /^([\w+-]+)\n/.exec(piece)) || [];
  const source = (language ? piece.slice(language.length + 1) : piece).replace(/^\n/, "").replace(/\n$/, "");
  return el("pre", { tabindex: "0", "data-language": language }, el("code", {}, name === "slack" ? unescaped(source) : source));
}

function lines(text, dialect, target) {
  let quote = null;
  text.split("\n").forEach((line, place, all) => {
    const isQuoted = dialect.quote?.test(line);
    if (isQuoted && !quote) target.append((quote = el("blockquote")));
    const where = isQuoted ? quote : target;
    if (isQuoted && quote.hasChildNodes()) quote.append("\n");
    if (!isQuoted) quote = null;
    const content = isQuoted ? line.replace(dialect.quote, "") : line;
    const isBlock = oneLine(content, dialect, where);
    if (!isBlock && !isQuoted && place < all.length - 1 && !dialect.quote?.test(all[place + 1])) where.append("\n");
  });
}

/** Whether the line became an element that stands on a line of its own. */
function oneLine(line, dialect, target) {
  const heading = dialect.heading?.exec(line);
  const item = dialect.item?.exec(line);
  if (!heading && !item) {
    target.append(inline(line, dialect));
    return false;
  }
  const kind = heading ? (heading[1] === "-#" ? "small" : `heading level${heading[1].length}`) : "item";
  target.append(el("span", { class: `block ${kind}` }, inline(line.slice((heading ?? item)[0].length), dialect)));
  return true;
}

function inline(text, dialect) {
  const fragment = document.createDocumentFragment();
  let plain = "";
  const flush = () => {
    if (plain) fragment.append(dialect.angled === slackAngled ? unescaped(plain) : plain);
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const found = (dialect.escapes && escaped(text, at)) || special(text, at, dialect);
    if (found) flush();
    if (found) fragment.append(found.node);
    else plain += text[at];
    at += found ? found.length : 1;
  }
  flush();
  return fragment;
}

function escaped(text, at) {
  if (text[at] !== "\\" || !/[\\`*_~|<>#()[\]-]/.test(text[at + 1] ?? "")) return null;
  return { node: text[at + 1], length: 2 };
}

function special(text, at, dialect) {
  const rest = text.slice(at);
  const address = ADDRESS.exec(rest);
  if (address) return { node: link(address[0]), length: address[0].length };
  if (rest[0] === "<" && dialect.angled) {
    const [whole, inside] = /^<([^<>\n]+)>/.exec(rest) ?? [];
    const node = inside && dialect.angled(inside);
    if (node) return { node, length: whole.length };
  }
  const [whole, label, target] = (dialect.labelled && /^\[([^\]\n]+)\]\(<?(\S+?)>?\)/.exec(rest)) || [];
  if (whole) return { node: link(target, label), length: whole.length };
  return span(text, at, dialect);
}

function span(text, at, dialect) {
  for (const [mark, tag] of Object.entries(dialect.marks)) {
    if (!text.startsWith(mark, at)) continue;
    const start = at + mark.length;
    if (dialect.tight && WORD.test(text[at - 1] ?? "")) continue;
    const end = closing(text, start, mark, dialect.tight);
    if (end < 0) continue;
    const inside = text.slice(start, end);
    if (tag === "code") return { node: el("code", {}, dialect.angled === slackAngled ? unescaped(inside) : inside), length: end + mark.length - at };
    const content = inline(inside, dialect);
    return { node: tag === "spoiler" ? spoiler(content) : el(tag, {}, content), length: end + mark.length - at };
  }
  return null;
}

function closing(text, start, mark, tight) {
  for (let end = text.indexOf(mark, start + 1); end > 0; end = text.indexOf(mark, end + 1)) {
    const isOpen = /\s/.test(text[start]) || (mark !== "`" && /\s/.test(text[end - 1]));
    const isInside = tight && WORD.test(text[end + mark.length] ?? "");
    const isLonger = mark.length === 1 && text[end + 1] === mark && text[end - 1] !== mark;
    if (isLonger) end += 1;
    else if (!isOpen && !isInside) return end;
  }
  return -1;
}

function slackAngled(inside) {
  const [target, label] = inside.split("|");
  if (/^[@#!]/.test(target)) return el("span", { class: "mention" }, label ?? target.replace(/^!/, "@"));
  return SAFE.test(target) ? link(unescaped(target), label && unescaped(label)) : null;
}

function discordAngled(inside) {
  if (/^(@[!&]?|#)\d+$/.test(inside)) return el("span", { class: "mention" }, inside.replace(/[!&]/, ""));
  return SAFE.test(inside) ? link(inside) : null;
}

const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

const ENTITIES = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", blockquote: "blockquote",
  expandable_blockquote: "blockquote", bot_command: "span", mention: "span", text_mention: "span", hashtag: "span",
};

function range(text, entities, from, to) {
  const fragment = document.createDocumentFragment();
  let at = from;
  while (entities.length && entities[0].offset < to) {
    const [entity, ...rest] = entities;
    const end = Math.min(entity.offset + entity.length, to);
    const inner = rest.filter((other) => other.offset < end);
    fragment.append(marked(text.slice(at, entity.offset), "plain"), wrapped(entity, text, inner, entity.offset, end));
    entities = rest.filter((other) => other.offset >= end);
    at = end;
  }
  fragment.append(marked(text.slice(at, to), "plain"));
  return fragment;
}

function wrapped(entity, text, inner, from, to) {
  const words = text.slice(from, to);
  if (entity.type === "pre") return el("pre", { tabindex: "0", "data-language": entity.language }, el("code", {}, words));
  if (entity.type === "code") return el("code", {}, words);
  if (entity.type === "text_link") return link(entity.url, words);
  const content = range(text, inner, from, to);
  if (entity.type === "spoiler") return spoiler(content);
  const tag = ENTITIES[entity.type];
  return tag ? el(tag, tag === "span" ? { class: "mention" } : {}, content) : content;
}
