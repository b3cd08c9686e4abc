/** Where the script came from, and every number that the chat window keeps to. */

const SCRIPT = document.currentScript;
const HOME = new URL("..", SCRIPT?.src || location.href).href.replace(/\/$/, "");

/** A screen on which the open window leaves room for the page. */
const ROOMY = "(min-width: 481px) and (min-height: 521px)";

const LIMITS = {
  characters: 40_000, // what the server takes in one message, in code points
  warnBelowCharacters: 4_000,
  files: 10, // of one message
  uploadMs: 150_000,
  pageMessages: 200, // the most that the server lists at once
  requestMs: 20_000,
  storedMs: 100,
  renewEarlyMs: 60_000,
  longestWaitMs: 30_000,
  silenceMs: 45_000, // the server says something every 15 s
  typingMs: 10_000,
  hiddenMs: 60_000, // a browser grants six lines to one host over HTTP/1.1: tabs that nobody sees give theirs back
  copiedMs: 2_000,
  noticeAfterMs: 2_500, // a line that is back at once needs no words
  nearPixels: 48, // so close to the end of the log is at its end
};
