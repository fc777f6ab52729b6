// Draws one message of either provider.

import { button, icon, make } from "./dom.js";

const TICKS = {
  waiting: ["clock", "on its way"],
  accepted: ["tick", "accepted"],
  sent: ["tick", "sent"],
  delivered: ["ticks", "delivered"],
  read: ["ticks", "read"],
  failed: ["failed", "failed"],
};
const LINK = /https?:\/\/[^\s<>"]+/g;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function linked(text) {
  const pieces = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(/[.,;:!?)]+$/, "");
    pieces.push(text.slice(end, found.index), outside(address, address));
    end = found.index + address.length;
  }
  return [...pieces, text.slice(end)];
}

function outside(address, title) {
  const attributes = /^https?:\/\//.test(address) ? { href: address } : {};
  return make("a", { ...attributes, target: "_blank", rel: "noreferrer noopener" }, title);
}

function words(text, className) {
  return text ? [make("p", { class: className }, ...linked(text))] : [];
}

// What can be tapped below a message: reply buttons, the opener of a list, a request for the location, a link.
function choices(interactive, acts) {
  const { action = {} } = interactive;
  const made = (action.buttons ?? []).map(({ reply }) =>
    button(reply.title, () => acts.tap({ kind: "button_reply", ...reply }), { class: "choice" }, icon("reply")));
  if (action.sections) {
    made.push(button(action.button, () => acts.openList(interactive),
      { class: "choice", "aria-haspopup": "dialog", "data-opens": "list" }, icon("list")));
  }
  if (interactive.type === "location_request_message") {
    made.push(button("Send location", () => acts.openPlaces(),
      { class: "choice", "aria-haspopup": "dialog", "data-opens": "places" }, icon("pin")));
  }
  if (action.parameters?.url) made.push(outside(action.parameters.url, action.parameters.display_text));
  return made;
}

function place({ latitude, longitude, name, address }) {
  return [
    make("p", { class: "place" }, icon("pin"), make("strong", {}, name || "Location")),
    ...words(address, "faint"),
    make("p", { class: "faint" }, `${Number(latitude).toFixed(5)}, ${Number(longitude).toFixed(5)}`),
  ];
}

function media(kind, file) {
  const source = file.id ? `phones/media/${encodeURIComponent(file.id)}` : file.link;
  const shown = [];
  if (!file.id) shown.push(outside(source ?? "", file.filename || kind));
  else if (kind === "image") shown.push(make("img", { src: source, alt: file.caption || "Photo", class: "photo" }));
  else if (kind === "audio") shown.push(make("audio", { src: source, controls: true, "aria-label": "Recording" }));
  else if (kind === "video") shown.push(make("video", { src: source, controls: true, "aria-label": "Video" }));
  else shown.push(make("a", { href: source, download: file.filename || kind }, file.filename || kind));
  return [...shown, ...words(file.caption)];
}

function content(bubble, acts) {
  const { interactive, location, text, Body, type } = bubble.content;
  if (interactive) {
    const chosen = interactive.button_reply ?? interactive.list_reply;
    if (chosen) return [...words(chosen.title), ...words(chosen.description, "faint")];
    const { header, body, footer } = interactive;
    const below = choices(interactive, acts);
    return [
      ...words(header?.text, "head"), ...words(body?.text), ...words(footer?.text, "faint"),
      below.length && make("div", { class: "choices" }, ...below),
    ];
  }
  if (location) return place(location);
  if (type && bubble.content[type]?.mime_type) return media(type, bubble.content[type]);
  if (["image", "audio", "video", "document"].includes(type)) return media(type, bubble.content[type]);
  if (text) return words(text.body);
  if (Body !== undefined) return words(Body);
  if (type === "template") return words(`Template ${bubble.content.template?.name ?? ""}`, "faint");
  return words(type ? `(${type})` : "(a message of a kind that this page does not know)", "faint");
}

export function showState(item, state) {
  const [name, meaning] = TICKS[state] ?? ["clock", state];
  const mark = item.querySelector(".state");
  mark.replaceChildren(icon(name));
  mark.title = meaning;
  mark.setAttribute("aria-label", meaning);
  mark.dataset.state = state;
}

// For those who do not see on which side a bubble is.
function speaker({ side, content: { carrier } }) {
  if (side === "person") return "You";
  return carrier ? "Carrier" : "Hailwire";
}

export function drawBubble(bubble, acts) {
  const foot = make("small", { class: "foot" },
    bubble.content.carrier && make("span", { class: "carrier" }, "answered by the carrier"),
    make("time", { datetime: new Date(bubble.at * 1000).toISOString() }, CLOCK.format(new Date(bubble.at * 1000))),
    make("span", { class: "state", role: "img" }));
  const pieces = content(bubble, acts);
  const below = pieces.find((piece) => piece?.className === "choices");
  const item = make("li", { class: `bubble ${bubble.side}`, "data-id": bubble.id },
    make("span", { class: "spoken" }, `${speaker(bubble)}:`), ...pieces.filter((piece) => piece !== below), foot, below);
  showState(item, bubble.state);
  return item;
}
