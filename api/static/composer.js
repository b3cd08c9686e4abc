/** Where the contact writes. */

/** The text field with its limit, its files and its button; `send(text, files)` gets what is to be sent. */
class Composer {
  constructor(voice, send) {
    this.voice = voice;
    this.send = send;
    this.counter = el("div", { class: "counter", id: "counter" });
    this.field = el("textarea", {
      rows: "1",
      placeholder: voice.say("placeholder"),
      "aria-describedby": "counter",
      enterkeyhint: "send",
      dir: "auto",
      lang: voice.pageLanguage,
      input: () => this.#measure(),
      keydown: (event) => this.#key(event),
      paste: (event) => this.tray.take(event.clipboardData?.files) && event.preventDefault(),
    });
    this.tray = new Tray(voice, () => this.#mark());
    const button = el("button", { type: "submit", class: "send", "aria-label": voice.say("send") }, icon("send"));
    const submit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    this.element = el(
      "form",
      { class: "composer", submit },
      this.tray.list,
      el("div", { class: "box" }, this.tray.button, this.tray.picker, this.field, button),
      this.counter,
      this.tray.problem,
    );
  }

  /** Files that were dropped somewhere on the window. */
  drop(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (event.type === "drop" && this.tray.take(event.dataTransfer.files)) this.field.focus();
  }

  rename(name) {
    this.field.setAttribute("aria-label", this.voice.say("label", { name }));
  }

  #key(event) {
    // While an input method composes, Enter accepts its suggestion; Safari says so by key code 229 alone.
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.field.value.trimEnd();
    if ((text.trim() || !this.tray.isEmpty) && this.#excess(text) <= 0) {
      this.field.value = "";
      this.#measure();
      this.send(text, this.tray.empty());
    }
    this.field.focus();
  }

  /** The button shows that there is something to be sent, be it files alone. */
  #mark() {
    this.element?.toggleAttribute("data-files", !this.tray.isEmpty);
  }

  /** How many characters, counted as the server counts them, are too many; below zero: how many are left. */
  #excess(text) {
    const isFarBelow = text.length < LIMITS.characters - LIMITS.warnBelowCharacters;
    return (isFarBelow ? text.length : [...text].length) - LIMITS.characters;
  }

  #measure() {
    const excess = this.#excess(this.field.value.trimEnd());
    const count = Math.abs(excess).toLocaleString(this.voice.pageLanguage);
    const isNear = excess > -LIMITS.warnBelowCharacters;
    this.counter.textContent = isNear ? this.voice.say(excess > 0 ? "over" : "left", { count }) : "";
    this.field.setAttribute("aria-invalid", String(excess > 0));
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }
}
