/** Discord: conversations between two, and channels of a server; see telegram.js for what the functions do. */

import { base64, number, ours, person, post, shelf } from "./wire.js";
import { marked } from "./marks.js";

const GUILD = "900000000000000001";

export const discord = {
  key: "discord",
  title: "Discord",
  layout: "rows",
  sends: "messages.create",
  blocking: "Refuse messages",
  isPosted: false, // messages go by the gateway
  can: { edit: true, drop: true, react: true, reply: true, group: true, ask: true },
  cannot: {},

  // What the conversation is called is known with the first message.
  newPerson: () => ({ id: null, person: person(number(17)), isGroup: false }),
  newGroup: () => roomOf(number(18), number(17)),
  known(id, content) {
    const author = content?.author?.bot ? id : (content?.author?.id ?? content?.user?.id ?? content?.member?.user?.id ?? id);
    return content?.guild_id || content?.member ? roomOf(id, author) : { id, person: person(author), isGroup: false };
  },

  read({ kind, what, content, method, chat_id: chat, message_id: id, file, guild }, account) {
    const from = content?.author?.id ?? content?.user?.id ?? content?.member?.user?.id;
    if (kind === "inbound") {
      return (READERS[what]?.(content, chat, account) ?? [{ chat, note: what }]).map((change) => ({ ...change, from, isGroup: Boolean(guild) }));
    }
    if (method === "typing") return [{ chat, typing: true }];
    if (method === "messages.delete") return [{ chat, drop: String(id) }];
    if (!content) return [];
    if (method === "messages.edit") return [{ chat, edit: { ...shown(content, account, file), id: String(id), edited: true } }];
    return [{ chat, put: { ...shown(content, account, file), id: String(id), author: account.name, isOurs: false } }];
  },

  say: (account, chat, text, replyTo) =>
    act(account, chat, "messages", { text: text.replaceAll("@bot", "<@me>"), reply_to: replyTo || null }),
  edit: (account, chat, id, text) => act(account, chat, "edit", { id, text }),
  drop: (account, chat, id) => act(account, chat, "delete", { id }),
  react: (account, chat, id, emoji) => act(account, chat, "reactions", { id, emoji }),
  press: (account, chat, message, { label, value }) => act(account, chat, "buttons", { id: message.id, label, custom_id: value }),
  ask: (account, chat, text) => act(account, chat, "commands", { command: "ask", text }),
  block: (account, chat, on) =>
    post(`/discord/channels/${chat.id}`, { refusal: on ? 50007 : null, ...(chat.isGroup && { guild: GUILD }) }),

  async send(account, chat, file, text) {
    const type = file.type || "application/octet-stream";
    const { url, size } = await post("/files", { name: file.name, mime_type: type, content_base64: await base64(file) });
    const attachment = { id: number(18), filename: file.name, content_type: type, size, url, proxy_url: url };
    await act(account, chat, "messages", { text, fields: { attachments: [attachment] } });
  },
};

const roomOf = (id, user) => ({ id, person: person(user), title: `room-${id.slice(-3)}`, isGroup: true });

async function act(account, chat, path, more) {
  const { id: user, name } = chat.person;
  const place = chat.isGroup ? { channel: chat.id, guild: GUILD } : {};
  const answer = await post(`/discord/${account.id}/${path}`, { user, name, ...place, ...more });
  chat.id ??= answer.channel_id;
  return answer;
}

const READERS = {
  MESSAGE_CREATE: (content, chat, account) => [{ chat, put: { ...shown(content, account), author: content.author.global_name, isOurs: true } }],
  MESSAGE_UPDATE: (content, chat, account) => [{ chat, edit: { ...shown(content, account), edited: true } }],
  MESSAGE_DELETE: ({ id }, chat) => [{ chat, drop: id }],
  MESSAGE_REACTION_ADD: ({ message_id: id, emoji }, chat) => [{ chat, react: { id, emojis: [emoji.name] } }],
  INTERACTION_CREATE: ({ type, text, data }, chat) => [{ chat, note: noted(type, text, data) }],
  refusal: (content, chat) => [{ chat, blocked: Boolean(content), note: content ? `Refuses with ${content}` : "Takes messages again" }],
};

const noted = (type, text, data) =>
  ({ 2: `/${data.name} ${text}`, 5: `Filled in “${text}”` })[type] ?? `Pressed “${text}”`;

function shown(message, { user, name }, file) {
  const { id, content = "", attachments = [], components = [], message_reference: reference, referenced_message: replied } = message;
  const buttons = components.flatMap((row) => row.components ?? []);
  return {
    id: String(id),
    body: () => marked(content.replaceAll(`<@${user}>`, `@${name}`), "discord"),
    text: content.replaceAll(`<@${user}>`, "@bot"),
    files: attachments.map(({ filename, content_type: type, size, url }) => ({
      name: filename, type, size, url: file ? shelf("discord", id) : ours(url),
    })),
    buttons: buttons.map(({ label, custom_id: value, url }) => ({ label, value, url })),
    replyTo: replied?.id ?? reference?.message_id,
  };
}
