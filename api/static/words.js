/** The words of the chat window, by language, and times as that language writes them. */

const WORDS = {
  en: {
    assistant: "Assistant",
    you: "You",
    team: "Support team",
    system: "Notice",
    open: "Chat with {name}",
    unread: "{count} new",
    close: "Close chat",
    log: "Conversation with {name}",
    label: "Message to {name}",
    placeholder: "Write a message…",
    send: "Send",
    attach: "Attach files",
    chosen: "Files to be sent",
    detach: "Do not send {name}",
    file_too_large: "{name} is too large: a file may have {size}.",
    file_gone: "Not sent: the file is no longer here.",
    begin: "How can we help?",
    sending: "Sending…",
    refused: "Not sent.",
    refused_because: "Not sent: {reason}",
    too_long: "Not sent: the message is too long.",
    retry: "Try again",
    remove: "Remove",
    connecting: "Connecting… your messages are kept.",
    reconnecting: "Reconnecting… your messages are kept.",
    unavailable: "This chat is not available here.",
    typing: "{name} is typing",
    newer: "New messages",
    earlier: "Earlier messages",
    deleted: "This message was deleted.",
    edited: "edited",
    copy: "Copy code",
    copied: "Copied",
    table: "Table",
    left: "{count} characters left",
    over: "{count} characters too many",
    handed_over: "A member of our team will answer you here.",
    paused: "We will answer you here as soon as we can.",
    closed: "This conversation has ended. Write a message to continue it.",
  },
  de: {
    assistant: "Assistent",
    you: "Sie",
    team: "Support-Team",
    system: "Hinweis",
    open: "Chat mit {name}",
    unread: "{count} neu",
    close: "Chat schließen",
    log: "Unterhaltung mit {name}",
    label: "Nachricht an {name}",
    placeholder: "Nachricht schreiben …",
    send: "Senden",
    attach: "Dateien anhängen",
    chosen: "Dateien, die gesendet werden",
    detach: "{name} nicht senden",
    file_too_large: "{name} ist zu groß: Eine Datei darf {size} haben.",
    file_gone: "Nicht gesendet: Die Datei ist nicht mehr vorhanden.",
    begin: "Wie können wir helfen?",
    sending: "Wird gesendet …",
    refused: "Nicht gesendet.",
    refused_because: "Nicht gesendet: {reason}",
    too_long: "Nicht gesendet: Die Nachricht ist zu lang.",
    retry: "Erneut versuchen",
    remove: "Entfernen",
    connecting: "Verbindung wird aufgebaut … Ihre Nachrichten bleiben erhalten.",
    reconnecting: "Verbindung wird wiederhergestellt … Ihre Nachrichten bleiben erhalten.",
    unavailable: "Dieser Chat ist hier nicht verfügbar.",
    typing: "{name} schreibt",
    newer: "Neue Nachrichten",
    earlier: "Frühere Nachrichten",
    deleted: "Diese Nachricht wurde gelöscht.",
    edited: "bearbeitet",
    copy: "Code kopieren",
    copied: "Kopiert",
    table: "Tabelle",
    left: "Noch {count} Zeichen",
    over: "{count} Zeichen zu viel",
    handed_over: "Jemand aus unserem Team wird Ihnen hier antworten.",
    paused: "Wir antworten Ihnen hier so bald wie möglich.",
    closed: "Diese Unterhaltung ist beendet. Schreiben Sie eine Nachricht, um sie fortzusetzen.",
  },
  es: {
    assistant: "Asistente",
    you: "Usted",
    team: "Equipo de soporte",
    system: "Aviso",
    open: "Chat con {name}",
    unread: "{count} nuevos",
    close: "Cerrar el chat",
    log: "Conversación con {name}",
    label: "Mensaje para {name}",
    placeholder: "Escriba un mensaje…",
    send: "Enviar",
    attach: "Adjuntar archivos",
    chosen: "Archivos que se enviarán",
    detach: "No enviar {name}",
    file_too_large: "{name} es demasiado grande: un archivo puede tener {size}.",
    file_gone: "No enviado: el archivo ya no está aquí.",
    begin: "¿En qué podemos ayudarle?",
    sending: "Enviando…",
    refused: "No enviado.",
    refused_because: "No enviado: {reason}",
    too_long: "No enviado: el mensaje es demasiado largo.",
    retry: "Reintentar",
    remove: "Quitar",
    connecting: "Conectando… sus mensajes se conservan.",
    reconnecting: "Reconectando… sus mensajes se conservan.",
    unavailable: "Este chat no está disponible aquí.",
    typing: "{name} está escribiendo",
    newer: "Mensajes nuevos",
    earlier: "Mensajes anteriores",
    deleted: "Este mensaje fue eliminado.",
    edited: "editado",
    copy: "Copiar código",
    copied: "Copiado",
    table: "Tabla",
    left: "Quedan {count} caracteres",
    over: "{count} caracteres de más",
    handed_over: "Una persona de nuestro equipo le responderá aquí.",
    paused: "Le responderemos aquí lo antes posible.",
    closed: "Esta conversación ha terminado. Escriba un mensaje para continuarla.",
  },
  fr: {
    assistant: "Assistant",
    you: "Vous",
    team: "Équipe d’assistance",
    system: "Avis",
    open: "Discuter avec {name}",
    unread: "{count} nouveaux",
    close: "Fermer le chat",
    log: "Conversation avec {name}",
    label: "Message à {name}",
    placeholder: "Écrivez un message…",
    send: "Envoyer",
    attach: "Joindre des fichiers",
    chosen: "Fichiers à envoyer",
    detach: "Ne pas envoyer {name}",
    file_too_large: "{name} est trop volumineux : un fichier peut avoir {size}.",
    file_gone: "Non envoyé : le fichier n’est plus là.",
    begin: "Comment pouvons-nous vous aider ?",
    sending: "Envoi…",
    refused: "Non envoyé.",
    refused_because: "Non envoyé : {reason}",
    too_long: "Non envoyé : le message est trop long.",
    retry: "Réessayer",
    remove: "Retirer",
    connecting: "Connexion… vos messages sont conservés.",
    reconnecting: "Reconnexion… vos messages sont conservés.",
    unavailable: "Ce chat n’est pas disponible ici.",
    typing: "{name} écrit",
    newer: "Nouveaux messages",
    earlier: "Messages précédents",
    deleted: "Ce message a été supprimé.",
    edited: "modifié",
    copy: "Copier le code",
    copied: "Copié",
    table: "Tableau",
    left: "Encore {count} caractères",
    over: "{count} caractères de trop",
    handed_over: "Une personne de notre équipe vous répondra ici.",
    paused: "Nous vous répondrons ici dès que possible.",
    closed: "Cette conversation est terminée. Écrivez un message pour la reprendre.",
  },
};

/** Says things in one language: the words of the window, and times as that language writes them. */
class Voice {
  constructor(element) {
    this.pageLanguage = canonical(element.closest("[lang]")?.lang || navigator.language);
    this.language = this.pageLanguage.split("-")[0] in WORDS ? this.pageLanguage.split("-")[0] : "en";
    this.clock = new Intl.DateTimeFormat(this.pageLanguage, { hour: "numeric", minute: "2-digit" });
    const day = { weekday: "long", day: "numeric", month: "long" };
    this.calendar = new Intl.DateTimeFormat(this.pageLanguage, day);
    this.longCalendar = new Intl.DateTimeFormat(this.pageLanguage, { ...day, year: "numeric" });
    this.relative = new Intl.RelativeTimeFormat(this.language, { numeric: "auto" });
  }

  say(key, values = {}) {
    return WORDS[this.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  day(date) {
    const days = Math.round((midnight(date) - midnight(new Date())) / 86_400_000);
    const calendar = date.getFullYear() === new Date().getFullYear() ? this.calendar : this.longCalendar;
    const text = days > -2 ? this.relative.format(days, "day") : calendar.format(date);
    return text.charAt(0).toLocaleUpperCase(this.language) + text.slice(1);
  }
}

function canonical(language) {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "en";
  } catch {
    return "en"; // a page may say lang="en_US", which no formatter accepts
  }
}

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
