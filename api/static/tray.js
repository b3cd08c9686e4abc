/** The files that are to go with the next message. */

/** A button to choose files, and the chosen ones; files can also be dropped or pasted, see `take`. */
class Tray {
  #chosen = [];
  #maxBytes = 0;

  constructor(voice, changed) {
    this.voice = voice;
    this.changed = changed;
    const pick = () => {
      this.take(this.picker.files);
      this.picker.value = "";
    };
    this.picker = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", change: pick });
    this.button = el(
      "button",
      { type: "button", class: "clip", hidden: true, "aria-label": voice.say("attach"), click: () => this.picker.click() },
      icon("clip"),
    );
    this.list = el("ul", { class: "chosen", "aria-label": voice.say("chosen") });
    this.problem = el("div", { class: "problem", role: "alert" });
  }

  /** How large a file may be; with 0 there is no button. */
  allow(maxBytes) {
    this.#maxBytes = maxBytes;
    this.button.hidden = maxBytes === 0;
  }

  get isEmpty() {
    return this.#chosen.length === 0;
  }

  /** Takes files along; whether there were any that this chat takes. */
  take(files) {
    if (this.#maxBytes === 0 || !files?.length) return false;
    const fitting = [...files].filter((file) => file.size > 0 && file.size <= this.#maxBytes);
    const tooLarge = [...files].find((file) => file.size > this.#maxBytes);
    const megabytes = (this.#maxBytes / 2 ** 20).toLocaleString(this.voice.pageLanguage, { maximumFractionDigits: 1 });
    this.problem.textContent = tooLarge ? this.voice.say("file_too_large", { name: tooLarge.name, size: `${megabytes} MiB` }) : "";
    this.#chosen = [...this.#chosen, ...fitting].slice(0, LIMITS.files);
    this.#show();
    return true;
  }

  /** Gives the chosen files away. */
  empty() {
    const files = this.#chosen;
    this.#chosen = [];
    this.problem.textContent = "";
    this.#show();
    return files;
  }

  #show() {
    this.list.replaceChildren(...this.#chosen.map((file) => this.#item(file)));
    this.changed();
  }

  #item(file) {
    const remove = () => {
      this.#chosen = this.#chosen.filter((other) => other !== file);
      this.#show();
      this.button.focus();
    };
    const label = this.voice.say("detach", { name: file.name });
    return el("li", {}, el("span", {}, file.name), el("button", { type: "button", "aria-label": label, click: remove }, icon("close")));
  }
}
