/** What stands below the words of a message: its files, and buttons to answer by or to follow. */

const PICTURES = /^image\/(jpeg|png|gif|webp)$/;

/** A file as a link, a picture as itself; links lead to the server that the window speaks to, whatever they say. */
function fileNode({ url, type, name, caption }, server) {
  const label = caption || name || "…";
  if (!url || !URL.canParse(url)) return el("span", { class: "file" }, label);
  const { pathname, search } = new URL(url);
  const link = { href: server + pathname + search, target: "_blank", rel: "noopener noreferrer", class: "file" };
  if (!PICTURES.test(type)) return el("a", link, label);
  const picture = el("img", { src: link.href, alt: name ?? "", loading: "lazy" });
  return el("a", { ...link, class: "picture" }, picture, ...(caption ? [el("span", {}, caption)] : []));
}

/** The buttons of a message; shown while it is the newest, see the style sheet. */
function choiceNodes(buttons, press) {
  return buttons.map(({ label, value, url }, place) =>
    url
      ? el("a", { href: url, target: "_blank", rel: "noopener nofollow" }, label)
      : el("button", { type: "button", click: () => press(label, value ?? `choice:${place + 1}`) }, label),
  );
}
