/** Files that wait to be sent: too large for where messages wait, and as patient. */

/** The browser's database, where a file outlasts a reload; where there is none, the page's memory has to do. */
class Shelf {
  #memory = new Map();
  #database = null;

  constructor(prefix) {
    this.prefix = prefix;
  }

  /** Resolves once the file is kept as well as it can be. */
  async put(id, file) {
    this.#memory.set(id, file);
    await this.#do("readwrite", (files) => files.put(file, this.prefix + id)).catch(() => {});
  }

  /** The file, or nothing where it was lost with an earlier page. */
  async get(id) {
    return this.#memory.get(id) ?? this.#do("readonly", (files) => files.get(this.prefix + id)).catch(() => undefined);
  }

  async delete(id) {
    this.#memory.delete(id);
    await this.#do("readwrite", (files) => files.delete(this.prefix + id)).catch(() => {});
  }

  async #do(mode, act) {
    this.#database ??= settled(Object.assign(indexedDB.open("chat-orchestrator"), { onupgradeneeded: upgrade }));
    const transaction = (await this.#database).transaction("files", mode);
    return settled(act(transaction.objectStore("files")));
  }
}

function upgrade({ target: { result: database } }) {
  database.createObjectStore("files");
}

/** What a request of the browser's database came to. */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });
}
