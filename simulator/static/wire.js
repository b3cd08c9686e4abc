/** The way to the simulator's control API, and the people who live on this page. */

/** The simulator did not do what it was asked. */
export class Refused extends Error {}

export async function get(path, signal) {
  return answer(await fetch(`/_sim${path}`, { signal, cache: "no-store" }));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answer(await fetch(`/_sim${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

export async function forget(path) {
  await answer(await fetch(`/_sim${path}`, { method: "DELETE" }));
}

async function answer(response) {
  if (!response.ok) throw new Refused(`${response.status}: ${(await response.text()).slice(0, 300)}`);
  return response.status === 204 ? null : response.json();
}

/** A file as the control API takes it. */
export async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(text);
}

/** The address of a file that the simulator put on its shelf. */
export const shelf = (platform, id) => `/_sim/files/${platform}-${encodeURIComponent(id)}`;

/** What of an address is on this simulator; null for anything elsewhere, which is not loaded. */
export function ours(address) {
  if (!URL.canParse(address)) return null;
  const { pathname } = new URL(address);
  return pathname.startsWith("/_sim/files/") ? pathname : null;
}

export const isPicture = (type) => /^image\/(png|jpeg|gif|webp)$/.test(type ?? "");

const NAMES = [
  ...["Mia Torres", "Jonas Weber", "Aiko Tanaka", "Sam Okafor", "Lena Novak", "Ravi Menon", "Noor Haddad"],
  ...["Tom Larsen", "Ines Costa", "Yusuf Demir", "Clara Dubois", "Emil Horvat", "Zoe Martin", "Kofi Mensah"],
  ...["Nina Petrov", "Luca Ferri", "Maya Singh", "Oscar Lund", "Hana Kim", "Diego Ramos", "Ella Byrne"],
];

/** Somebody: the same id is always the same person. */
export function person(id) {
  let hash = 7;
  for (const letter of String(id)) hash = (hash * 31 + letter.codePointAt(0)) % 1_000_003;
  const name = NAMES[hash % NAMES.length];
  return { id: String(id), name, initials: initials(name), hue: (hash * 47) % 360 };
}

export const initials = (name) =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0])
    .join("")
    .toLocaleUpperCase();

/** A number of so many digits that nobody has yet. */
export function number(digits) {
  const random = crypto.getRandomValues(new Uint32Array(2));
  const text = `${random[0]}${random[1]}`.padStart(digits, "7").slice(0, digits);
  return text.startsWith("0") ? `7${text.slice(1)}` : text;
}

/** A new element; attributes that are functions become listeners, those that are true or false are set or left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  send: "M4 12l16-8-6 16-3-6z",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.4a1.7 1.7 0 0 1-2.4-2.4L14.5 7",
  plus: "M12 5v14M5 12h14",
  group: "M8 12a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4M2.5 19c.5-3.5 2.7-5 5.5-5s5 1.5 5.5 5M16 6a3 3 0 0 1 0 6M17.5 14.3c2.2.5 3.6 2 4 4.7",
  react: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M8.5 14.5c1.8 2.3 5.2 2.3 7 0M9 9.5v.5M15 9.5v.5",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  drop: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  reply: "M10 6L4 12l6 6M4 12h9a7 7 0 0 1 7 7",
  raw: "M8 6l-6 6 6 6M16 6l6 6-6 6",
  read: "M2 13l5 5L17 7M12 17l1 1L23 7",
  menu: "M12 5.5v.5M12 12v.5M12 18.5v.5",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
