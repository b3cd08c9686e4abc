/** What the browser remembers. */

/** What this browser remembers of one channel; what cannot be stored is kept for as long as the page lives. */
class Store {
  #memory = {};
  #disk = {};
  #isShared = false;

  constructor(prefix) {
    this.prefix = prefix;
    try {
      this.#disk = window.localStorage;
      this.#isShared = "locks" in navigator;
    } catch {
      // The page may be forbidden to store; then the conversation lasts until it is left.
    }
  }

  get(key) {
    const stored = this.#memory[this.prefix + key] ?? this.#disk[this.prefix + key];
    return stored === undefined ? null : JSON.parse(stored);
  }

  set(key, value) {
    delete this.#memory[this.prefix + key];
    try {
      this.#disk[this.prefix + key] = JSON.stringify(value);
    } catch {
      this.#memory[this.prefix + key] = JSON.stringify(value); // full
    }
  }

  delete(key) {
    delete this.#memory[this.prefix + key];
    delete this.#disk[this.prefix + key];
  }

  keys(beginning) {
    return [...Object.keys(this.#disk), ...Object.keys(this.#memory)]
      .filter((key) => key.startsWith(this.prefix + beginning))
      .map((key) => key.slice(this.prefix.length));
  }

  /** Runs `work` while no other tab of this browser runs its own of that name; unguarded without Web Locks. */
  alone(name, work) {
    return this.#isShared ? navigator.locks.request(this.prefix + name, work) : work();
  }
}
