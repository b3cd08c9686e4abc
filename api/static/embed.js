/** Runs at last: defines the element and, where the script tag names a channel, adds a floating window to the page. */

customElements.define("chat-orchestrator", ChatOrchestrator);

function embed({ channel, name, theme, lang }) {
  const given = Object.entries({ name, theme, lang }).filter(([, value]) => value);
  document.body.append(el("chat-orchestrator", { channel, mode: "floating", ...Object.fromEntries(given) }));
}

if (SCRIPT?.dataset.channel) {
  if (document.body) embed(SCRIPT.dataset);
  else document.addEventListener("DOMContentLoaded", () => embed(SCRIPT.dataset));
}
