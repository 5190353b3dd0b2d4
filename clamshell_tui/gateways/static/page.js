// The worker's terminal in a tab: xterm.js at one end of a WebSocket, the seat at the other.
// Binary frames are keys and output; a text frame tells the window's size. Why the server closed
// is its close code. After "taken" and "ended" this page never reconnects by itself, or two tabs
// would take the seat from each other for ever.

import { Terminal } from "./xterm-6.0.0.mjs";
import { FitAddon } from "./addon-fit-0.11.0.mjs";
import { UnicodeGraphemesAddon } from "./addon-unicode-graphemes-0.4.0.mjs";
import { texts } from "./texts.js"; // in the language of the participants

const NARROWEST = 80, LOWEST = 24; // cells
const LARGEST = 16, SMALLEST = 10; // pixels of the font
const TAKEN = 4001, ENDED = 4002, NO_CODE = 4003, FULL = 4004;
const PAUSES = [100, 300, 1000, 2000]; // milliseconds before the next attempt

const $ = (id) => document.getElementById(id);
const terminal = new Terminal({
  allowProposedApi: true, // graphemes
  fontFamily: '"DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSize: LARGEST,
  scrollback: 0,
  theme: { background: "#000000" },
});
const fit = new FitAddon();
const encoder = new TextEncoder();
let socket = null;
let attempts = 0;
let resizing = 0, resizes = 0;
let narrow = false;
let news = null; // what the notice says when the window is wide enough

// -- notices --------------------------------------------------------------------------------------

function show({ text, button = "", act = null, code = false, cover = false }) {
  $("text").textContent = text;
  $("button").textContent = button;
  $("button").hidden = !button;
  $("button").onclick = act;
  $("code").hidden = !code;
  $("notice").className = cover ? "cover" : "";
  $("notice").hidden = false;
  if (code) $("code").elements.code.focus();
  else if (button) $("button").focus();
}

function say(notice) {
  news = notice;
  if (narrow) {
    show({
      text: texts.narrow.replace("{columns}", terminal.cols).replace("{needed}", NARROWEST),
      cover: true,
    });
  } else if (news) show(news);
  else {
    $("notice").hidden = true;
    terminal.focus();
  }
}

$("code").onsubmit = (event) => {
  event.preventDefault();
  location.href = "/j/" + encodeURIComponent($("code").elements.code.value.trim());
};

// -- the window -----------------------------------------------------------------------------------

// The largest font with which the screen fits; a change of the font is measured a moment later.
async function resize() {
  const mine = ++resizes;
  for (let size = LARGEST; ; ) {
    if (terminal.options.fontSize !== size) {
      terminal.options.fontSize = size;
      await new Promise((done) => setTimeout(done, 30));
      if (mine !== resizes) return;
    }
    const cells = fit.proposeDimensions();
    const share = cells ? Math.min(cells.cols / NARROWEST, cells.rows / LOWEST) : 1;
    if (share >= 1 || size === SMALLEST) break;
    size = Math.max(SMALLEST, Math.min(size - 1, Math.floor(size * share)));
  }
  fit.fit();
  narrow = terminal.cols < NARROWEST;
  say(news);
  tellSize();
}

function tellSize() {
  if (socket && socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ columns: terminal.cols, rows: terminal.rows }));
  }
}

addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(resize, 60);
});

// -- keys -----------------------------------------------------------------------------------------

function send(bytes) {
  if (!narrow && socket && socket.readyState === WebSocket.OPEN) socket.send(bytes);
}

terminal.onData((text) => send(encoder.encode(text)));
terminal.onBinary((text) => send(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));

terminal.attachCustomKeyEventHandler((event) => {
  const plain = event.ctrlKey && !event.altKey && !event.metaKey;
  if (plain && event.code === "KeyV") return false; // the browser pastes
  return !(plain && event.code === "KeyC" && terminal.hasSelection()); // the browser copies
});

// xterm.js would pass an escape sequence in a pasted text on, also the one that ends the paste.
document.addEventListener("paste", (event) => {
  if (event.target.form) return; // into the field for the code
  event.preventDefault();
  event.stopImmediatePropagation();
  const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
  terminal.paste(text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ""));
}, true);

// -- the bell -------------------------------------------------------------------------------------

terminal.onBell(() => {
  if (!document.hasFocus()) document.title = "\u25cf CLAMShell";
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    tone.connect(audio.destination);
    tone.onended = () => audio.close();
    tone.start();
    tone.stop(audio.currentTime + 0.15);
  } catch { /* no sound here */ }
});
addEventListener("focus", () => {
  document.title = "CLAMShell";
  if ($("notice").hidden) terminal.focus();
});

// -- the seat -------------------------------------------------------------------------------------

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = socket = new WebSocket(`${scheme}://${location.host}/ws`);
  mine.binaryType = "arraybuffer";
  mine.onopen = () => tellSize();
  mine.onmessage = (event) => {
    if (attempts >= 0) terminal.reset(); // the first output: a new program, or an old one's modes
    attempts = -1;
    if (news) say(null);
    terminal.write(new Uint8Array(event.data));
  };
  mine.onclose = (event) => closed(event);
}

function closed({ code, reason }) {
  const again = () => { say(null); attempts = 0; connect(); };
  if (code === TAKEN) {
    say({ text: texts.taken, button: texts.use_here, act: again });
  } else if (code === ENDED) {
    say({ text: texts.ended, button: texts.open_again, act: again });
  } else if (code === NO_CODE) {
    say({ text: texts.type_code, code: true, cover: true });
  } else if (code === FULL) {
    say({ text: reason, button: texts.try_again, act: again });
  } else {
    attempts = Math.max(0, attempts);
    say({ text: texts.lost });
    setTimeout(connect, PAUSES[Math.min(attempts++, PAUSES.length - 1)]);
  }
}

terminal.loadAddon(fit);
terminal.loadAddon(new UnicodeGraphemesAddon());
terminal.open($("terminal"));
await resize();
connect();
