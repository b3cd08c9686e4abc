/** Where the contact writes. */

/** The text field with its limit and its button; `send(text)` is called with what is to be sent. */
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
    });
    const button = el("button", { type: "submit", class: "send", "aria-label": voice.say("send") }, icon("send"));
    const submit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    this.element = el(
      "form",
      { class: "composer", submit },
      el("div", { class: "box" }, this.field, button),
      this.counter,
    );
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
    if (text.trim() && this.#excess(text) <= 0) {
      this.field.value = "";
      this.#measure();
      this.send(text);
    }
    this.field.focus();
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
