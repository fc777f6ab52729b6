// Asks for the numbers every two seconds while somebody looks, and draws them. Texts are set as text, never as HTML.
"use strict";

const EVERY_MS = 2000;
const WINDOW_SECONDS = 300;
const byId = (id) => document.getElementById(id);

function cell(text, kind = "") {
  const made = document.createElement("td");
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function fill(body, rows) {
  byId(body).replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells);
    return row;
  }));
}

const count = (number) => Math.round(number).toLocaleString("en");
const rate = (number) => (number >= 100 ? count(number) : number.toFixed(number >= 10 ? 1 : 2));

function duration(seconds) {
  if (seconds === null) return "";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

function millis(ms) {
  if (ms === null) return "–";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function drawFlow(id, flow) {
  const figure = byId(id);
  figure.querySelector("output").textContent = rate(flow.per_second);
  const highest = Math.max(1, ...flow.line.map((point) => point[1]));
  const points = flow.line
    .filter((point) => point[0] <= WINDOW_SECONDS)
    .map((point) => `${(300 * (1 - point[0] / WINDOW_SECONDS)).toFixed(1)},${(58 - 54 * (point[1] / highest)).toFixed(1)}`);
  figure.querySelector("polyline").setAttribute("points", points.join(" "));
}

function drawReplicas(services, at) {
  const rows = [];
  for (const [name, service] of Object.entries(services)) {
    if (!service.replicas.length) rows.push([cell(name), cell("–", "word"), cell("no address", "down"), cell("")]);
    for (const replica of service.replicas) {
      const state = replica.reason ? `${replica.state} (${replica.reason})` : replica.state;
      const seconds = (Date.parse(at) - Date.parse(replica.since)) / 1000;
      const kind = replica.state === "up" ? "up" : "down";
      rows.push([cell(name), cell(replica.address, "word"), cell(state, kind), cell(duration(Math.max(0, seconds)))]);
    }
  }
  fill("replicas", rows);
}

function draw(live) {
  byId("status").textContent = live.status;
  byId("status").className = `pill ${live.status}`;
  byId("at").textContent = live.at.replace("T", " ").replace("Z", " UTC");
  byId("reasons").replaceChildren(...live.reasons.map((reason) => {
    const item = document.createElement("li");
    item.textContent = reason;
    return item;
  }));
  drawFlow("in", live.messages_in);
  drawFlow("out", live.messages_out);
  fill("queues", live.queues.map((queue) => [
    cell(queue.queue),
    cell(count(queue.items)),
    cell(queue.items ? duration(queue.oldest_seconds) : "", queue.items && queue.oldest_seconds > 30 ? "late" : ""),
  ]));
  fill("latency", live.latency.map((one) => [
    cell(one.service), cell(one.kind, "word"), cell(count(one.count)),
    ...[one.mean_ms, one.p50_ms, one.p90_ms, one.p99_ms].map((ms) => cell(millis(ms))),
  ]));
  byId("no-latency").hidden = live.latency.length > 0;
  fill("costs", live.costs.map((one) => [cell(one.channel), cell(one.cost.toFixed(2))]));
  byId("costs-card").hidden = live.costs.length === 0;
  drawReplicas(live.services, live.at);
}

async function look() {
  try {
    const answer = await fetch("/api/performance/live", { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(String(answer.status));
    draw((await answer.json()).data);
  } catch {
    byId("status").textContent = "the metrics service does not answer";
    byId("status").className = "pill lost";
  }
}

async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, EVERY_MS);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
watch();
