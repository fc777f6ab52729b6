// Words that somebody may try, opened over the phone: each is sent as if its owner had written it.

import { make } from "./dom.js";
import { openSheet } from "./sheet.js";

// Words of the conversation itself, understood in every language (services/gateway/conversations/flows/).
const WORDS = [
  ["Rides", [
    ["ride", "get a ride; stars are asked for when it is over"],
    ["drive", "take passengers"],
    ["online", "how you stand as a driver"],
    ["offline", "no more requests"],
    ["trips", "your latest trips, and the one under way"],
    ["prices", "what rides cost"],
    ["why", "why a request went past you"],
  ]],
  ["Later", [
    ["schedule", "plan a ride"],
    ["schedules", "those to come: move, skip, give up"],
  ]],
  ["Money", [
    ["wallet", "balance, your code, sending money, history"],
  ]],
  ["You", [
    ["language", "English, French, Kinyarwanda, Swahili"],
    ["number", "your SMS number, on WhatsApp"],
    ["quiet", "hours without requests and reminders"],
    ["menu", "back to the beginning"],
    ["help", "every word that is understood"],
    ["stop", "no more messages"],
    ["start", "messages again"],
  ]],
];

export function openWords(phone) {
  const groups = WORDS.map(([title, words]) =>
    make("div", { class: "section", role: "group", "aria-label": title }, make("h3", {}, title),
      ...words.map(([word, about]) =>
        make("button", { type: "button", class: "row", onclick: () => { sheet.close(); phone.send({ text: word }); } },
          make("span", { class: "title" }, word), make("span", { class: "faint" }, about)))));
  const sheet = openSheet(phone, "Words to try", make("div", { class: "rows" }, ...groups));
}
