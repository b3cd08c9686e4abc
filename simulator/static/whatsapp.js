/** WhatsApp: people with telephone numbers; see telegram.js for what the functions do. */

import { base64, number, person, post, shelf } from "./wire.js";
import { marked } from "./marks.js";
import { CARD, PASSED, PLACE, carded, placed } from "./deeds.js";

const FILES = ["image", "document", "audio", "video", "sticker"];

export const whatsapp = {
  key: "whatsapp",
  title: "WhatsApp",
  layout: "bubbles",
  sends: "messages",
  blocking: "Be out of reach",
  can: { edit: true, drop: true, react: true, reply: true, markRead: true },
  cannot: {},

  newPerson: () => of(`1555${number(7)}`),
  known: (id) => of(id),

  read({ kind, what, content, method, chat_id: chat, message_id: id, payload, text }, account) {
    if (kind === "inbound" && what === "message") return heard(content, chat);
    if (kind === "inbound" && what === "status") return [{ chat, receipt: receiptOf(content) }];
    if (kind === "inbound") return [{ chat, blocked: content.state !== "known" }];
    if (method === "typing") return [{ of: payload.message_id, typing: true, receipt: { id: payload.message_id, state: "read" } }];
    if (method === "read") return [{ of: payload.message_id, receipt: { id: payload.message_id, state: "read" } }];
    return [{ chat, put: { ...shown({ ...payload, id }, text), isOurs: false, author: account.name, receipt: "accepted" } }];
  },

  async say(account, chat, text, replyTo) {
    await introduce(chat);
    await act(account, chat, { text, fields: replyTo ? { context: { id: replyTo } } : {} });
  },
  edit: (account, chat, id, text) =>
    act(account, chat, { fields: { type: "edit", edit: { original_message_id: id, message: { type: "text", text: { body: text } } } } }),
  drop: (account, chat, id) => act(account, chat, { fields: { type: "revoke", revoke: { original_message_id: id } } }),
  react: (account, chat, id, emoji) => act(account, chat, { fields: { type: "reaction", reaction: { message_id: id, emoji } } }),
  press(account, chat, message, { label, value, isRow }) {
    const kind = isRow ? "list_reply" : "button_reply";
    const interactive = { type: kind, [kind]: { id: value, title: label } };
    return act(account, chat, { fields: { type: "interactive", context: { id: message.id }, interactive } });
  },
  block: (account, chat, on) => post(`/whatsapp/people/${chat.id}`, { state: on ? "undeliverable" : "known" }),
  markRead: (account, chat, message) =>
    post(`/whatsapp/${account.id}/statuses`, { message_id: message.id, status: "read", recipient: chat.id, mark: message.mark ?? null }),

  deeds: (account, chat) => [
    ["Send a place", () => act(account, chat, { fields: { type: "location", location: PLACE } })],
    ["Send a card", () => act(account, chat, { fields: { type: "contacts", contacts: [card] } })],
    ["24 hours pass", () => post("/whatsapp/advance", PASSED).then(() => "24 hours passed: templates alone arrive")],
  ],
  tap: (account, chat, label) => post(`/whatsapp/${account.id}/taps`, { from: chat.id, label }),

  async send(account, chat, file, caption) {
    await introduce(chat);
    const type = file.type || "application/octet-stream";
    const { id } = await post("/whatsapp/media", { mime_type: type, content_base64: await base64(file) });
    const family = type.split("/")[0];
    const kind = ["image", "audio", "video"].includes(family) ? family : "document";
    const media = { id, mime_type: type, ...(kind === "document" && { filename: file.name }), ...(caption && { caption }) };
    await act(account, chat, { fields: { type: kind, [kind]: media } });
  },
};

const card = { name: { formatted_name: CARD.name, first_name: CARD.name }, phones: [{ phone: CARD.phone, type: "CELL" }] };
const of = (id) => ({ id, person: person(id), isGroup: false });
const act = (account, chat, more) => post(`/whatsapp/${account.id}/messages`, { from: chat.id, ...more });

/** The simulator knows nobody's name until it is told. */
async function introduce(chat) {
  if (!chat.isIntroduced) await post(`/whatsapp/people/${chat.id}`, { name: chat.person.name });
  chat.isIntroduced = true;
}

function heard(message, chat) {
  const { type, id } = message;
  if (type === "edit") return [{ chat, edit: { ...shown({ ...message.edit.message, id: message.edit.original_message_id }), edited: true } }];
  if (type === "revoke") return [{ chat, drop: message.revoke.original_message_id }];
  if (type === "reaction") return [{ chat, react: { id: message.reaction.message_id, emojis: [message.reaction.emoji] } }];
  const reply = message.interactive?.button_reply ?? message.interactive?.list_reply;
  const pressed = reply ? { body: () => document.createTextNode(reply.title), text: reply.title } : {};
  return [{ chat, put: { ...shown(message), ...pressed, id, isOurs: true, author: person(chat).name } }];
}

function receiptOf({ id, status, errors }) {
  return { id, state: status, why: errors?.[0]?.title };
}

/** `read` is what a message says that names a template. */
function shown(message, read) {
  const { id, type, interactive, context, biz_opaque_callback_data: mark } = message;
  const kind = FILES.find((name) => name === type);
  const text = message.text?.body ?? message[kind]?.caption ?? interactive?.body?.text ?? sent(message) ?? read ?? "";
  return {
    id,
    mark,
    body: () => marked(text, "whatsapp"),
    text,
    files: kind ? [fileOf(kind, message[kind])] : [],
    buttons: buttonsOf(interactive?.action),
    stacked: true,
    replyTo: context?.id ?? context?.message_id,
  };
}

function sent({ location, contacts }) {
  if (location) return placed(location);
  return contacts?.map(({ name, phones }) => carded(name?.formatted_name, phones?.[0]?.phone)).join("\n");
}

const USUAL = { image: "image/jpeg", sticker: "image/webp", audio: "audio/ogg", video: "video/mp4" };

function fileOf(kind, { id, mime_type: type, filename }) {
  return { name: filename ?? kind, type: type ?? USUAL[kind], url: shelf("whatsapp", id) };
}

function buttonsOf(action) {
  const replies = (action?.buttons ?? []).map(({ reply }) => ({ label: reply.title, value: reply.id }));
  const rows = (action?.sections ?? []).flatMap(({ rows: listed }) => listed);
  const { display_text: label, url } = action?.parameters ?? {};
  return [...replies, ...(url ? [{ label, url }] : []), ...rows.map(({ id, title }) => ({ label: title, value: id, isRow: true }))];
}
