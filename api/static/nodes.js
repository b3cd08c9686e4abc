/** Elements, icons, and HTML from the server made harmless. */

/** A new element; attributes that are functions become listeners, those that are true or false are set or left out. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const ICONS = {
  chat: "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-6l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM8 9h8M8 12.5h5",
  close: "M6 6l12 12M18 6L6 18",
  clip: "M20 11.5l-8.3 8.3a5 5 0 0 1-7.1-7.1L13 4.3a3.4 3.4 0 0 1 4.8 4.8l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7",
  send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
  down: "M12 5v13M6 12.5l6 6 6-6",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const tags = (names) => new Set(names.split(" "));
const KEPT = tags("p br strong em del code pre blockquote ul ol li a h3 h4 table thead tbody tr th td");
const DROPPED = tags("script style template iframe object embed noscript textarea title svg math");
const SAFE_LINK = /^(https?|mailto):$/;
// A page may demand Trusted Types; what the parser makes of the text is copied tag by tag below, never inserted.
const parsing = window.trustedTypes?.createPolicy("chat-orchestrator", { createHTML: (text) => text });

/** The server's sanitised HTML as nodes, holding nothing but the tags and attributes that a message may have. */
function safeHtml(html, voice) {
  const page = new DOMParser().parseFromString(parsing?.createHTML(html) ?? html, "text/html");
  const fragment = document.createDocumentFragment();
  copySafe(page.body, fragment);
  for (const pre of fragment.querySelectorAll("pre")) dressCode(pre, voice);
  for (const table of fragment.querySelectorAll("table")) {
    const frame = el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": voice.say("table") });
    table.replaceWith(frame);
    frame.append(table);
  }
  return fragment;
}

function copySafe(source, target) {
  for (const node of source.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) target.append(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.localName)) continue;
    if (!KEPT.has(node.localName)) {
      copySafe(node, target);
      continue;
    }
    const copy = document.createElement(node.localName);
    if (node.localName === "a") copyLink(node, copy);
    if (node.localName === "ol" && /^\d{1,6}$/.test(node.getAttribute("start")))
      copy.start = node.getAttribute("start");
    copySafe(node, copy);
    target.append(copy);
  }
}

function copyLink(source, copy) {
  const address = source.getAttribute("href");
  if (!URL.canParse(address) || !SAFE_LINK.test(new URL(address).protocol)) return;
  copy.href = address;
  copy.target = "_blank";
  copy.rel = "noopener noreferrer nofollow";
}

function dressCode(pre, voice) {
  const frame = el("div", { class: "code" });
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  frame.append(pre);
  if (!navigator.clipboard) return;
  const copy = async ({ currentTarget: button }) => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
    } catch {
      return getSelection().selectAllChildren(pre); // not allowed: then it is ready to be copied by hand
    }
    button.textContent = voice.say("copied");
    setTimeout(() => (button.textContent = voice.say("copy")), LIMITS.copiedMs);
  };
  frame.prepend(el("button", { type: "button", class: "copy", click: copy }, voice.say("copy")));
}
