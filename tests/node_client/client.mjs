// A worker in Node.js, written from the page in clamshell_tui/wire/__init__.py alone.
//
//     npm install && node client.mjs HOST PORT CODE [TASKS]
//
// The records of its run contain their class: "this one is pos". It joins, qualifies, labels,
// loses its connection once on purpose, comes back with its token, leaves after TASKS tasks,
// and prints a report as one JSON object.

import WebSocket from "ws";

const [host, port, code, tasks = "5"] = process.argv.slice(2);
const report = { worker: null, qualified: null, counted: 0, rejoined: false, reason: null, statement: null };
let token = null;
let classes = [];
let heartbeat = null;
let over = false;

function connect() {
  const socket = new WebSocket(`ws://${host}:${port}`, { perMessageDeflate: false });
  const send = (message) => socket.send(JSON.stringify(message));
  socket.on("open", () => {
    send({ type: "hello", protocol: 2, role: "worker", client: "node/1.0" });
    send(token === null ? { type: "join", code } : { type: "rejoin", token });
  });
  socket.on("message", (data) => receive(JSON.parse(data.toString()), send, socket));
  socket.on("close", () => {
    clearInterval(heartbeat);
    if (!over) connect();
  });
  socket.on("error", (error) => fail(error.message));
}

function receive(message, send, socket) {
  switch (message.type) {
    case "joined":
      ({ token, classes } = message);
      report.worker = message.worker;
      heartbeat = setInterval(() => send({ type: "heartbeat" }), (message.heartbeat * 1000) / 2);
      if (!message.begun) send({ type: "begin" });
      break;
    case "train":
      send({ type: "qualification", labels: message.records.map(look) });
      break;
    case "qualified":
      report.qualified = message.passed;
      break;
    case "task":
      work(message, send, socket);
      break;
    case "acknowledged":
      if (message.outcome === "counted") report.counted += 1;
      if (report.counted >= Number(tasks)) send({ type: "leave" });
      else if (message.next) work(message.next, send, socket);
      break;
    case "over":
      over = true;
      report.reason = message.reason;
      report.statement = message.statement;
      console.log(JSON.stringify(report));
      socket.close();
      break;
    case "error":
      fail(`${message.code}: ${message.message}`);
  }
}

function work(task, send, socket) {
  if (report.counted === 2 && !report.rejoined) {
    report.rejoined = true; // the same task is offered again after rejoin
    socket.terminate();
    return;
  }
  send({ type: "answer", assignment: task.assignment, labels: task.records.map(look) });
}

const look = (record) => classes.findIndex((name) => record.text.endsWith(` ${name}`));

function fail(why) {
  console.error(why);
  process.exit(1);
}

connect();
