// An operator in Node.js, written from `clamshell help protocol` alone.
//
//     npm install && node operator.mjs HOST PORT FINGERPRINT TOKEN
//
// It compares the certificate with the fingerprint, follows the journal, pauses and resumes the
// run, changes a setting, has one refused, gets a join code, replaces its token, and prints a
// report as one JSON object.

import { createHash } from "node:crypto";
import WebSocket from "ws";

const [host, port, fingerprint, token] = process.argv.slice(2);
const report = { done: [], refused: null, events: [], classes: null, codes: null };

const orders = [
  { do: "pause" },
  { do: "set", key: "pool.size", value: 2 },
  { do: "set", key: "seed", value: 2 },
  { do: "resume" },
  { do: "message", text: "hello from node" },
  { do: "issue-code", key: "bot" },
  { do: "rotate-token", key: "operator" },
];

const socket = new WebSocket(`wss://${host}:${port}/`, {
  perMessageDeflate: false,
  rejectUnauthorized: false,
});
const send = (message) => socket.send(JSON.stringify(message));

socket.on("open", () => {
  const shown = createHash("sha256").update(socket._socket.getPeerCertificate().raw).digest("hex");
  if (fingerprint.length < 16 || !shown.startsWith(fingerprint.toLowerCase())) {
    fail("that is another coordinator");
  }
  send({ type: "hello", protocol: 2, role: "operator", client: "node/1.0" });
  send({ type: "authenticate", token, name: "nora" });
});
socket.on("error", (error) => fail(error.message));
socket.on("close", () => fail("the connection has ended"));
socket.on("message", (data) => receive(JSON.parse(data.toString())));

function receive(message) {
  switch (message.type) {
    case "granted":
      send({ type: "describe" });
      break;
    case "described":
      report.classes = message.classes;
      next();
      break;
    case "done":
      report.done.push([message.do, message.detail ?? ""]);
      if (message.do === "issue-code") send({ type: "check-codes", codes: [message.detail, "0000-0000"] });
      else next();
      break;
    case "codes-checked":
      report.codes = message;
      next();
      break;
    case "error":
      if (message.fatal ?? true) fail(`${message.code}: ${message.message}`);
      report.refused = message.code;
      next();
      break;
    case "journal":
      report.events.push(...(message.entries ?? []).map((entry) => entry.event));
      if (report.events.some((event) => event.event === "OrderCarriedOut" && event.order === "rotate-token")) {
        console.log(JSON.stringify(report));
        process.exit(0);
      }
      send({ type: "read-journal", after: message.last });
  }
}

function next() {
  const order = orders.shift();
  send(order ? { type: "order", ...order } : { type: "read-journal", after: 0 });
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
