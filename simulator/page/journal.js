// The wire: each raw webhook and API call of the phones on the page, as it happens, with its trace.

import { button, make } from "./dom.js";
import { keysOf } from "./kept.js";
import { Stream, addressFor } from "./stream.js";

const MOST_SHOWN = 400;

function pretty(body, headers) {
  const kind = headers["content-type"] ?? "";
  if (kind.includes("form-urlencoded")) {
    return [...new URLSearchParams(body)].map(([name, value]) => `${name} = ${value}`).join("\n");
  }
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function isStatus(entry) {
  return entry.kind === "webhook" && /"statuses":\[|(^|&)MessageStatus=/.test(entry.request.body);
}

function headerList(headers) {
  const rows = Object.entries(headers).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  return make("dl", {}, ...rows);
}

// What it says, in a few words.
function gist(entry) {
  const { body, headers } = entry.request;
  if (headers["content-type"]?.includes("form-urlencoded")) {
    const form = new URLSearchParams(body);
    const files = Number(form.get("NumMedia") ?? 0);
    return form.get("MessageStatus") ?? [form.get("Body"), files && form.get("MediaContentType0")].filter(Boolean).join(" + ");
  }
  try {
    const content = JSON.parse(body);
    const value = content.entry?.[0]?.changes?.[0]?.value ?? { messages: [content] };
    if (value.statuses) return value.statuses.map((one) => one.status).join(", ");
    return value.messages.map(said).join(", ");
  } catch {
    return "";
  }
}

function said(message) {
  const { interactive, status, text, type } = message;
  const tapped = interactive?.button_reply ?? interactive?.list_reply;
  if (tapped) return `tap “${tapped.title}”`;
  return text?.body ?? interactive?.body?.text ?? status ?? type ?? "";
}

function half(title, { headers, body, why }) {
  return make("section", {}, make("h4", {}, title), why && make("p", { class: "wrong" }, why), headerList(headers),
    body ? make("pre", { tabindex: "0", "aria-label": `${title}: body` }, pretty(body, headers))
      : make("p", { class: "faint" }, "no body"));
}

export class JournalPanel {
  constructor(element, phones) {
    this.title = "On the wire";
    this.element = element;
    this.phones = phones;
    this.trace = "";
    // What is on the list, so that a stream which comes back repeats nothing.
    this.seen = new Map();
    this.list = element.querySelector(".exchanges");
    this.empty = element.querySelector(".empty");
    this.filter = element.querySelector(".filter");
    this.statuses = element.querySelector("[name=statuses]");
    this.statuses.addEventListener("change", () => this.sift());
    this.stream = new Stream((entry) => this.add(entry), () => {});
  }

  open() {
    this.opened = true;
    this.follow();
  }

  close() {
    this.opened = false;
    this.stream.close();
  }

  // Anew, because other phones are on the page now.
  follow() {
    if (!this.opened) return;
    this.list.replaceChildren();
    this.seen.clear();
    this.stream.follow(addressFor("journal", this.phones().flatMap((phone) => keysOf(phone.who))));
    this.sift();
  }

  add(entry) {
    // A simulator that comes back begins to count anew.
    const key = `${entry.at} ${entry.number}`;
    if (this.seen.has(key)) return;
    const item = this.drawn(entry);
    this.seen.set(key, item);
    const atTop = this.list.scrollTop < 20;
    this.list.prepend(item);
    if (this.seen.size > MOST_SHOWN) this.forgetOldest();
    if (atTop) this.list.scrollTop = 0;
    this.sift();
  }

  forgetOldest() {
    const [key, item] = this.seen.entries().next().value;
    this.seen.delete(key);
    item.remove();
  }

  drawn(entry) {
    const { answer, kind, method, milliseconds, provider, request, trace_id: trace, url } = entry;
    const status = isStatus(entry);
    const good = answer.status >= 200 && answer.status < 300;
    const owners = this.phones().filter((phone) => keysOf(phone.who).some((key) => entry.phones.includes(key)));
    const what = kind === "webhook" ? (status ? "delivery status" : "webhook") : "API call";
    const line = make("summary", {},
      make("span", { class: "arrow", "aria-hidden": "true" }, kind === "webhook" ? "→" : "←"),
      make("span", { class: "what" }, `${provider === "whatsapp" ? "Meta" : "Twilio"} ${what} `,
        make("span", { class: good ? "code good" : "code bad" }, answer.status ? String(answer.status) : "no answer")),
      make("span", { class: "gist" }, gist(entry)),
      make("span", { class: "of" }, `${owners.map((phone) => phone.who.name).join(", ")} · ${milliseconds} ms`));
    const chip = trace && button(`trace ${trace.slice(0, 8)}`, () => this.only(this.trace === trace ? "" : trace),
      { class: "trace", title: `Show trace ${trace} alone`, "data-trace": trace });
    const details = make("details", {}, line);
    // Drawn when it is opened: most never are.
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) {
        details.append(make("p", { class: "url" }, `${method} ${url}`),
          make("p", { class: "faint" }, `${entry.at}${trace ? ` · trace ${trace}` : ""}`),
          half("Request", request), half(answer.status ? `Answer ${answer.status}` : "No answer", answer));
      }
    });
    const classes = `exchange ${kind} ${status ? "status" : ""}`;
    return make("li", { class: classes, "data-kind": kind, "data-trace": trace, "data-provider": provider }, details, chip);
  }

  only(trace) {
    this.trace = trace;
    this.sift();
  }

  sift() {
    let shown = 0;
    for (const item of this.list.children) {
      const hidden = this.trace ? item.dataset.trace !== this.trace
        : item.classList.contains("status") && !this.statuses.checked;
      item.hidden = hidden;
      shown += hidden ? 0 : 1;
    }
    this.empty.hidden = shown > 0;
    this.filter.replaceChildren(...(this.trace
      ? [`Trace ${this.trace.slice(0, 8)}… only. `, button("Show all", () => this.only(""))] : []));
  }
}
