/**
 * Telegram: what people do there, and what of it and of the bot's is to be seen.
 *
 * Every platform's module exports such an object. `read(entry)` gives the changes that an entry of the ledger means:
 * `{chat, put}` a message, `{chat, edit}` other fields of one, `{chat, drop}`, `{chat, react}`, `{chat, note}`,
 * `{chat, typing}`, `{chat, receipt}`, `{chat, blocked}`. The other functions do something as `chat.person`; `deeds`
 * lists what else can happen, and `tap` taps something that the bot shows.
 */

import { base64, number, person, post, shelf } from "./wire.js";
import { withEntities } from "./marks.js";
import { CARD, PLACE, carded, placed } from "./deeds.js";

const FILES = ["photo", "document", "voice", "audio", "video", "sticker"];

export const telegram = {
  key: "telegram",
  title: "Telegram",
  layout: "bubbles",
  sends: "send[mpdva]*",
  blocking: "Block the bot",
  can: { edit: true, react: true, reply: true, group: true, join: true },
  cannot: { drop: "Telegram tells bots nothing of deletions" },

  newPerson: () => privately(number(9)),
  newGroup() {
    const id = `-100${number(10)}`;
    return { id, person: person(number(9)), title: `Club ${id.slice(-3)}`, isGroup: true };
  },
  known: (id, content) => (id.startsWith("-") ? groupOf(id, content) : privately(id)),

  read({ kind, what, content, method, chat_id: chat, payload }) {
    if (kind === "inbound") return READERS[what]?.(content, chat) ?? [{ chat, note: what }];
    if (method === "sendChatAction") return [{ chat, typing: true }];
    if (method === "deleteMessage") return [{ chat, drop: String(payload.message_id) }];
    if (method === "editMessageText") return [{ chat, edit: { ...shown(content), edited: true } }];
    return content ? [{ chat, put: { ...shown(content), isOurs: false } }] : [];
  },

  say: (account, chat, text, replyTo) =>
    act(account, chat, "messages", { ...words(account, chat, text), reply_to_message_id: replyTo && Number(replyTo) }),
  edit: (account, chat, id, text) => act(account, chat, "edit", { message_id: Number(id), text }),
  press: (account, chat, message, button) =>
    act(account, chat, "callback", { message_id: Number(message.id), data: button.value }),
  block: (account, chat, on) => act(account, chat, "membership", { status: on ? "kicked" : "member" }),
  join(account, chat) {
    const { id, name } = person(number(9));
    const joined = { id: Number(id), is_bot: false, first_name: name };
    return act(account, chat, "messages", { fields: { new_chat_members: [joined] } });
  },
  deeds: (account, chat) => [
    ["Send a place", () => act(account, chat, "messages", { location: { latitude: PLACE.latitude, longitude: PLACE.longitude } })],
    ["Send a card", () => act(account, chat, "messages", { contact: { first_name: CARD.name, phone_number: CARD.phone } })],
    ...(chat.isGroup ? [["Add the bot", () => act(account, chat, "membership", { status: "member", old_status: "left" })]] : []),
  ],

  async send(account, chat, file, caption) {
    const kind = /^image\/(png|jpeg|webp)$/.test(file.type) ? "photo" : "document";
    const attached = { file_name: file.name, mime_type: file.type || null, content_base64: await base64(file) };
    await act(account, chat, "messages", { caption: caption || null, [kind]: attached });
  },

  react(account, chat, id, emoji) {
    const { id: user, name } = chat.person;
    const update = {
      message_reaction: {
        chat: { id: Number(chat.id), type: chat.isGroup ? "supergroup" : "private" },
        message_id: Number(id),
        user: { id: Number(user), is_bot: false, first_name: name },
        date: Math.floor(Date.now() / 1000),
        old_reaction: [],
        new_reaction: [{ type: "emoji", emoji }],
      },
    };
    return post(`/telegram/${account.id}/updates`, { update });
  },
};

const privately = (id) => ({ id, person: person(id), isGroup: false });

function groupOf(id, content) {
  return { id, person: person(content?.from?.id ?? number(9)), title: content?.chat?.title ?? "Group", isGroup: true };
}

function act(account, chat, path, more) {
  const { id: user, name } = chat.person;
  const group = chat.isGroup ? { user_id: Number(user), title: chat.title } : {};
  return post(`/telegram/${account.id}/${path}`, { chat_id: Number(chat.id), name, ...group, ...more });
}

/** In a group, @bot is a mention of the bot. */
function words(account, chat, text) {
  const place = text.indexOf("@bot");
  if (!chat.isGroup || place < 0) return { text };
  const mention = { type: "text_mention", offset: place, length: 4, user: account.bot };
  const command = /^\/\w+/.exec(text);
  return { text, entities: [...(command ? [{ type: "bot_command", offset: 0, length: command[0].length }] : []), mention] };
}

const READERS = {
  message: (content, chat) =>
    content.new_chat_members
      ? [{ chat, note: `${content.new_chat_members.map((member) => member.first_name).join(", ")} joined` }]
      : [{ chat, put: { ...shown(content), isOurs: true } }],
  edited_message: (content, chat) => [{ chat, edit: { ...shown(content), edited: true } }],
  callback_query: ({ data, message }, chat) => [{ chat, note: `Pressed “${labelOf(message, data)}”` }],
  my_chat_member: ({ new_chat_member: member }, chat) => {
    const isGone = ["kicked", "left"].includes(member.status);
    return [{ chat, blocked: isGone, note: isGone ? "Blocked the bot" : "The bot may write here" }];
  },
  message_reaction: ({ message_id: id, new_reaction: added }, chat) => [
    { chat, react: { id: String(id), emojis: added.map((item) => item.emoji) } },
  ],
};

function shown(message) {
  const { text, caption, entities = [], caption_entities: captionEntities = [], from, reply_markup: markup } = message;
  const kind = FILES.find((name) => message[name]);
  const said = text ?? caption ?? sent(message);
  return {
    id: String(message.message_id),
    author: [from?.first_name, from?.last_name].filter(Boolean).join(" "),
    body: () => withEntities(said, text === undefined ? captionEntities : entities),
    text: said,
    files: kind ? [fileOf(kind, message[kind])] : [],
    buttons: (markup?.inline_keyboard ?? []).flat().map((button) => ({ label: button.text, value: button.callback_data, url: button.url })),
    stacked: true,
    replyTo: message.reply_to_message && String(message.reply_to_message.message_id),
  };
}

function sent({ location, contact }) {
  if (location) return placed(location);
  return contact ? carded(contact.first_name, contact.phone_number) : "";
}

function fileOf(kind, given) {
  const file = kind === "photo" ? given.at(-1) : given;
  const type = kind === "photo" ? "image/jpeg" : file.mime_type;
  return { name: file.file_name ?? kind, type, url: shelf("telegram", file.file_id), size: file.file_size };
}

function labelOf(message, data) {
  const buttons = (message?.reply_markup?.inline_keyboard ?? []).flat();
  return buttons.find((button) => button.callback_data === data)?.text ?? data;
}
