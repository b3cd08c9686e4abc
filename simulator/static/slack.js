/** Slack: a workspace with conversations between two, and channels; see telegram.js for what the functions do. */

import { base64, number, person, post, shelf } from "./wire.js";
import { marked } from "./marks.js";

export const slack = {
  key: "slack",
  title: "Slack",
  layout: "rows",
  sends: "chat.postMessage",
  blocking: "Archive it",
  can: { edit: true, drop: true, react: true, reply: true, group: true, join: true, ask: true },
  cannot: {},

  newPerson: () => directly(number(8)),
  newGroup: () => roomOf(`C${number(8)}`, `U${number(8)}`),
  known: (id, content) =>
    id.startsWith("D") ? directly(id.slice(1)) : roomOf(id, content?.user ?? "U1"),

  read({ kind, what, content, method, chat_id: chat, message_id: id, payload }, account) {
    if (kind === "inbound") return READERS[what]?.(content, chat, account) ?? [{ chat, note: what }];
    if (method === "chat.delete") return [{ chat, drop: id }];
    if (method === "chat.update") return [{ chat, edit: { ...shown(content, account), edited: true } }];
    if (method === "assistant.threads.setStatus") return [{ chat, typing: Boolean(payload.status) }];
    if (!["chat.postMessage", "response_url"].includes(method)) return [];
    const author = content.is_ephemeral ? `${account.name} · only you see this` : account.name;
    return [{ chat, put: { ...shown({ ...content, blocks: payload.blocks }, account), author, isOurs: false } }];
  },

  say: (account, chat, text, replyTo) =>
    COMMAND.test(text) ? slack.ask(account, chat, text.replace(COMMAND, "")) : act(account, chat, "messages", { text: text.replaceAll("@bot", "<@me>"), thread_ts: replyTo || null }),
  edit: (account, chat, id, text) => act(account, chat, "edit", { ts: id, text }),
  drop: (account, chat, id) => act(account, chat, "delete", { ts: id }),
  react: (account, chat, id, emoji) => act(account, chat, "reactions", { ts: id, reaction: SHORT[emoji] ?? "+1" }),
  press: (account, chat, message, { label, value, action }) =>
    act(account, chat, "actions", { ts: message.id, label, value, action_id: action }),
  ask: (account, chat, text) => act(account, chat, "commands", { command: "/ask", text }),
  deeds: (account, chat) => [
    ["Remove the bot from here", () => post(`/slack/channels/${chat.id}`, { refusal: "not_in_channel" })],
    ["Uninstall the app", () => leave(account, { type: "app_uninstalled" }, "The app was uninstalled")],
    ["Revoke its token", () => leave(account, { type: "tokens_revoked", tokens: { bot: [account.user] } }, "The token was revoked")],
    ["Install it again", () => post("/slack/settings", { refused_tokens: [] }).then(() => "The app was installed again")],
  ],
  join: (account, chat) => act(account, chat, "members", {}),
  block: (account, chat, on) => post(`/slack/channels/${chat.id}`, { refusal: on ? "is_archived" : null }),

  async send(account, chat, file, text) {
    const brought = { name: file.name, mime_type: file.type || "application/octet-stream", content_base64: await base64(file) };
    const shared = await post("/slack/files", brought);
    await act(account, chat, "messages", { text, files: [shared] });
  },
};

/** What is told of the end is told first; from then on the token opens nothing. */
async function leave(account, event, words) {
  await post(`/slack/${account.id}/events`, { event });
  await post("/slack/settings", { refused_tokens: [account.id] });
  return words;
}

const COMMAND = /^\/ask(?:\s+|$)/;
const SHORT = { "👍": "+1", "❤️": "heart", "😂": "joy", "🎉": "tada" };
const EMOJIS = Object.fromEntries(Object.entries(SHORT).map(([emoji, name]) => [name, emoji]));

const directly = (rest) => ({ id: `D${rest}`, person: person(`U${rest}`), isGroup: false });
const roomOf = (id, user) => ({ id, person: person(user), title: `room-${id.slice(-3)}`, isGroup: true });
const act = (account, chat, path, more) =>
  post(`/slack/${account.id}/${path}`, { user: chat.person.id, channel: chat.id, ...more });

const READERS = {
  message: (content, chat, account) => [{ chat, put: { ...shown(content, account), author: person(content.user).name, isOurs: true } }],
  message_changed: (content, chat, account) => [{ chat, edit: { ...shown(content, account), edited: true } }],
  message_deleted: ({ ts }, chat) => [{ chat, drop: ts }],
  reaction_added: ({ reaction, item }, chat) => [{ chat, react: { id: item.ts, emojis: [EMOJIS[reaction] ?? `:${reaction}:`] } }],
  action: ({ text }, chat) => [{ chat, note: `Pressed “${text.text}”` }],
  command: ({ command, text }, chat) => [{ chat, note: `${command} ${text}` }],
  member_joined_channel: (content, chat) => [{ chat, note: `${person(content.user).name} joined` }],
  refusal: (content, chat) => [{ chat, blocked: Boolean(content), note: content ? `Refuses with ${content}` : "Takes messages again" }],
};

function shown({ ts, text, files = [], blocks, thread_ts: thread }, { user, name }) {
  const found = listed(blocks);
  const section = found.find(({ type }) => type === "section");
  const elements = found.filter(({ type }) => type === "actions").flatMap((block) => block.elements ?? []);
  const said = section?.text?.text ?? withoutLinks(text ?? "", files);
  return {
    id: ts,
    body: () => marked(said.replaceAll(`<@${user}>`, `<@${user}|@${name}>`), "slack"),
    text: (text ?? "").replaceAll(`<@${user}>`, "@bot"),
    files: files.map(({ id, name, mimetype, size }) => ({ name, type: mimetype, size, url: shelf("slack", id) })),
    buttons: elements.map((item) => ({ label: item.text?.text, value: item.value, url: item.url, action: item.action_id })),
    thread: thread && thread !== ts ? thread : null,
  };
}

/** Slack takes the bot's blocks as a list, or as a text that holds one. */
function listed(blocks) {
  try {
    return (typeof blocks === "string" ? JSON.parse(blocks) : blocks) ?? [];
  } catch {
    return [];
  }
}

/** The link by which a bot shares a file is shown as the file. */
const withoutLinks = (text, files) =>
  files.reduce((left, { id }) => left.replace(new RegExp(`\\n?<?https?://[^\\s>]*/${id}/[^\\s>]*>?`), ""), text);
