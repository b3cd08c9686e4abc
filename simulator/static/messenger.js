/** Messenger: people who write to a page; see telegram.js for what the functions do. */

import { base64, number, ours, person, post, shelf } from "./wire.js";
import { marked } from "./marks.js";
import { PASSED } from "./deeds.js";

const KINDS = { image: "image/jpeg", audio: "audio/mpeg", video: "video/mp4" };

export const messenger = {
  key: "messenger",
  title: "Messenger",
  layout: "bubbles",
  sends: "messages",
  blocking: "Block the page",
  can: { edit: true, react: true, reply: true, markRead: true },
  cannot: { drop: "Messenger tells pages nothing of deletions" },

  newPerson: () => of(number(16)),
  known: (id) => of(id),

  read({ kind, what, content, method, chat_id: chat, message_id: id, payload, file }, account) {
    if (kind === "inbound" && what === "person") return [{ chat, blocked: content.state === "blocked" }];
    if (kind === "inbound") return heard(content, chat);
    if (method === "typing_on") return [{ chat, typing: true }];
    if (method === "typing_off") return [{ chat, typing: false }];
    if (method === "mark_seen") return [{ chat, receipt: { upTo: true, isOurs: true, state: "read" } }];
    return [{ chat, put: { ...said(payload.message, id, file), isOurs: false, author: account.name, receipt: "sent" } }];
  },

  say: (account, chat, text, replyTo) =>
    act(account, chat, "messages", { text, fields: replyTo ? { reply_to: { mid: replyTo } } : {} }),
  edit(account, chat, id, text) {
    const edits = (chat.edits = (chat.edits ?? 0) + 1);
    return act(account, chat, "events", { fields: { message_edit: { mid: id, text, num_edit: edits } } });
  },
  react: (account, chat, id, emoji) =>
    act(account, chat, "events", { fields: { reaction: { mid: id, action: "react", emoji, reaction: "other" } } }),
  press: (account, chat, message, { label, value, stays }) =>
    stays
      ? act(account, chat, "events", { fields: { postback: { mid: `m_${crypto.randomUUID()}`, title: label, payload: value } } })
      : act(account, chat, "messages", { text: label, fields: { quick_reply: { payload: value } } }),
  block: (account, chat, on) => post(`/messenger/people/${chat.id}`, { state: on ? "blocked" : "known" }),
  markRead: (account, chat) => act(account, chat, "events", { fields: { read: { watermark: Date.now() } } }),

  deeds: (account, chat) => [
    ["Staff answers", () => post(`/messenger/${account.id}/echoes`, { to: chat.id, text: "This is Bo, I look into it." })],
    ["24 hours pass", () => post("/messenger/advance", PASSED).then(() => "24 hours passed: the window is shut")],
  ],
  tap: (account, chat, label) => post(`/messenger/${account.id}/taps`, { from: chat.id, label }),

  async send(account, chat, file, text) {
    const type = file.type || "application/octet-stream";
    const { url } = await post("/files", { name: file.name, mime_type: type, content_base64: await base64(file) });
    const family = type.split("/")[0];
    const attachment = { type: family in KINDS ? family : "file", payload: { url } };
    await act(account, chat, "messages", { fields: { attachments: [attachment] } });
    if (text) await act(account, chat, "messages", { text });
  },
};

const of = (id) => ({ id, person: person(id), isGroup: false });
const act = (account, chat, path, more) => post(`/messenger/${account.id}/${path}`, { from: chat.id, ...more });

function heard(item, chat) {
  const { message, postback, reaction, message_edit: edit, read, delivery } = item;
  if (read) return [{ chat, receipt: { upTo: true, state: "read" } }];
  if (delivery) return (delivery.mids ?? []).map((id) => ({ chat, receipt: { id, state: "delivered" } }));
  if (reaction) return [{ chat, react: { id: reaction.mid, emojis: [reaction.emoji] } }];
  if (edit) return [{ chat, edit: { id: edit.mid, body: () => marked(edit.text, "plain"), text: edit.text, edited: true } }];
  if (postback) return [{ chat, note: `Pressed “${postback.title}”` }];
  if (!message) return [{ chat, note: Object.keys(item).at(-1) }];
  const isEcho = Boolean(message.is_echo);
  return [{ chat, put: { ...said(message, message.mid), isOurs: !isEcho, author: isEcho ? "The page’s inbox" : person(chat).name } }];
}

function said(message = {}, id, file) {
  const { quick_replies: replies = [], attachment, attachments = [], reply_to: replied } = message;
  const template = attachment?.type === "template" ? attachment.payload : null;
  const text = template?.text ?? message.text ?? "";
  const sent = file ? [{ name: file.name, type: file.type, url: shelf("messenger", id), size: file.size_bytes }] : [];
  const brought = attachments.map(({ type, payload }) => ({
    name: type, type: KINDS[type] ?? "application/octet-stream", url: ours(payload?.url),
  }));
  return {
    id,
    body: () => marked(text, "plain"),
    text,
    files: [...sent, ...brought],
    buttons: [
      ...replies.map(({ title, payload }) => ({ label: title, value: payload })),
      ...(template?.buttons ?? []).map(({ title, payload, url }) => ({ label: title, value: payload, url, stays: true })),
    ],
    stacked: Boolean(template),
    isBrief: !template, // quick replies are there until the next message
    replyTo: replied?.mid,
  };
}
