// The page: its phones, the stream that feeds them, and the panel beside them.

import { button } from "./dom.js";
import { FaultsPanel } from "./faults.js";
import { JournalPanel } from "./journal.js";
import { MOST_PHONES, addressOf, freshPhone, keep, readKept } from "./kept.js";
import { Phone } from "./phone.js";
import { openPhoneForm } from "./phone-form.js";
import { RidePanel } from "./ride.js";
import { Side } from "./side.js";
import { Stream, addressFor } from "./stream.js";

const main = document.getElementById("phones");
const tabs = document.getElementById("tabs");
const link = document.getElementById("link");
const phones = [];
let made = 0;

const stream = new Stream(hear, (there) => {
  link.textContent = there ? "" : "The simulator is out of reach; trying again.";
});
const journal = new JournalPanel(document.getElementById("journal"), () => phones);
const ride = new RidePanel(document.getElementById("ride"), cast, document.getElementById("play"));
const openers = { ride: null, journal: document.getElementById("open-journal"), faults: document.getElementById("open-faults") };
const side = new Side(document.getElementById("side"),
  Object.fromEntries(Object.entries(openers).filter(([, opener]) => opener)),
  { ride, journal, faults: new FaultsPanel(document.getElementById("faults")) });

function hear(event) {
  for (const phone of phones) {
    const address = addressOf(phone.who);
    if (event.history && event.phone.startsWith(phone.who.provider) && [event.number, event.bsuid].includes(address)) {
      phone.key = event.phone;
    }
    if (phone.key === event.phone) phone.hear(event);
  }
}

function changed() {
  keep(phones.map((phone) => phone.who));
  stream.follow(addressFor("events", phones.map((phone) => `${phone.who.provider}:${addressOf(phone.who)}`)));
  journal.follow();
  document.getElementById("nobody").hidden = phones.length > 0;
  document.getElementById("add").disabled = phones.length >= MOST_PHONES;
  drawTabs();
}

function put(who) {
  const phone = new Phone(who, { index: made, edit, remove, heard });
  made += 1;
  phones.push(phone);
  main.append(phone.element);
  watcher.observe(phone.element);
  return phone;
}

function add() {
  openPhoneForm(freshPhone(phones.map((phone) => phone.who)), "Another phone", (who) => {
    const phone = put(who);
    changed();
    phone.element.scrollIntoView({ inline: "nearest" });
    phone.write.text.focus();
  });
}

function edit(phone) {
  openPhoneForm(phone.who, `The phone of ${phone.who.name}`, (who) => {
    const moved = who.provider !== phone.who.provider || addressOf(who) !== addressOf(phone.who);
    phone.who = who;
    if (moved) {
      phone.key = "";
      phone.show([]);
    }
    phone.complain(null);
    phone.introduce();
    changed();
  });
}

function remove(phone) {
  const index = phones.indexOf(phone);
  phones.splice(index, 1);
  watcher.unobserve(phone.element);
  phone.element.remove();
  changed();
  (phones[Math.min(index, phones.length - 1)]?.write.text ?? document.getElementById("add")).focus();
}

// Who plays the demo: the first two WhatsApp phones when nobody has used them yet, otherwise two new ones.
function cast() {
  let players = phones.filter((phone) => phone.who.provider === "whatsapp").slice(0, 2);
  if (players.length < 2 || players.some((phone) => phone.bubbles.size)) {
    players = ["Passenger", "Driver"].map((name) => put({ ...freshPhone([]), name }));
    changed();
  }
  return { passenger: players[0], driver: players[1] };
}

// On a small screen one phone is shown at a time; its tabs say which, and where something new was said.
function drawTabs() {
  tabs.replaceChildren(...phones.map((phone) => {
    const tab = button(phone.who.name, () => {
      phone.element.scrollIntoView({ inline: "center", block: "nearest" });
      phone.write.text.focus({ preventScroll: true });
    }, { class: phone.who.provider === "twilio" ? "sms" : "" });
    phone.tab = tab;
    mark(phone);
    return tab;
  }));
}

function mark({ tab, seen, unread }) {
  tab.classList.toggle("unread", unread);
  if (seen) tab.setAttribute("aria-current", "true");
  else tab.removeAttribute("aria-current");
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, intersectionRatio } of entries) {
    const phone = phones.find((one) => one.element === target);
    if (!phone) continue;
    phone.seen = intersectionRatio > 0.6;
    phone.unread &&= !phone.seen;
    mark(phone);
  }
}, { root: main, threshold: [0, 0.6, 1] });

function heard(phone, bubble) {
  if (bubble.side !== "business" || phone.seen) return;
  phone.unread = true;
  mark(phone);
}

// F6 goes from phone to phone, as it goes from pane to pane elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "F6" || !phones.length || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const current = phones.findIndex((phone) => phone.element.contains(document.activeElement));
  const next = phones.at((current + (event.shiftKey ? -1 : 1)) % phones.length);
  next.element.scrollIntoView({ inline: "nearest" });
  next.write.text.focus();
});

document.getElementById("add").addEventListener("click", add);
document.getElementById("play").addEventListener("click", () => {
  side.show("ride");
  ride.play();
});
readKept().forEach(put);
changed();
