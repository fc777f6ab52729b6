// Two phones side by side. Each is played through POST /phones/send and watched through one stream of /events.

import { drawBubble, drawState } from "./bubbles.js";

const FIRST = [
  { title: "Phone 1", provider: "whatsapp", from: "+250788000001", name: "Diane" },
  { title: "Phone 2", provider: "whatsapp", from: "+250738000002", name: "Patrick" },
];

const PLACES = [
  ["Kigali Convention Centre", -1.9546, 30.0927],
  ["Nyabugogo bus station", -1.9394, 30.0445],
  ["Kimironko market", -1.9499, 30.1262],
  ["Kigali airport", -1.9635, 30.1350],
  ["Nyamirambo stadium", -1.9783, 30.0427],
  ["Remera, Amahoro stadium", -1.9553, 30.1146],
];

const KEPT = "hailwire-phones";
const linkState = document.getElementById("link");
const phones = [];
let stream;

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT));
    return Array.isArray(found) && found.length === FIRST.length ? found : FIRST;
  } catch {
    return FIRST;
  }
}

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(phones.map((phone) => phone.who)));
  } catch {
    // A browser that keeps nothing still plays.
  }
}

// What the simulator calls a phone: spaces and punctuation of a number do not count.
function keyOf(who) {
  const from = who.from.trim();
  return `${who.provider}:${/^[A-Z]{2}\./.test(from) ? from : "+" + from.replace(/[^0-9]/g, "")}`;
}

class Phone {
  constructor(who) {
    this.who = who;
    this.bubbles = new Map();
    this.element = document.getElementById("phone").content.firstElementChild.cloneNode(true);
    this.element.querySelector("h2").textContent = who.title;
    this.element.setAttribute("aria-label", who.title);
    this.talk = this.element.querySelector(".talk");
    this.talk.setAttribute("aria-label", `Conversation of ${who.title}`);
    this.wrong = this.element.querySelector(".wrong");
    this.place = this.element.querySelector(".place");
    this.begin();
  }

  begin() {
    const who = this.element.querySelector(".who");
    who.provider.value = this.who.provider;
    who.from.value = this.who.from;
    who.elements.name.value = this.who.name;
    who.addEventListener("submit", (event) => {
      event.preventDefault();
      Object.assign(this.who, { provider: who.provider.value, from: who.from.value, name: who.elements.name.value });
      this.wrong.textContent = "";
      this.redraw([]);
      keep();
      watch();
    });

    const write = this.element.querySelector(".write");
    const id = `text-${phones.length}`;
    write.text.id = id;
    write.querySelector("label").htmlFor = id;
    write.addEventListener("submit", (event) => {
      event.preventDefault();
      if (write.text.value.trim()) {
        this.send({ text: write.text.value });
        write.text.value = "";
      }
    });
    write.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        write.requestSubmit();
      }
    });

    const place = this.place.querySelector("form");
    PLACES.forEach(([name], index) => place.preset.add(new Option(name, index)));
    const choose = () => {
      const [, latitude, longitude] = PLACES[place.preset.value];
      place.latitude.value = latitude;
      place.longitude.value = longitude;
    };
    place.preset.value = String(Math.min(phones.length, PLACES.length - 1));
    choose();
    place.preset.addEventListener("change", choose);
    place.addEventListener("submit", (event) => {
      event.preventDefault();
      const location = { latitude: Number(place.latitude.value), longitude: Number(place.longitude.value) };
      this.place.open = false;
      this.send({ location });
    });
  }

  async send(content) {
    const { provider, from, name } = this.who;
    this.wrong.textContent = "";
    try {
      const answer = await fetch("phones/send", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ provider, from, name, ...content }),
      });
      const said = await answer.json();
      if (!answer.ok) this.wrong.textContent = said.error;
      else if (!said.taken) {
        this.wrong.textContent = said.status
          ? `The gateway answered ${said.status}.`
          : "The gateway did not answer; it is tried again.";
      }
    } catch {
      this.wrong.textContent = "The simulator does not answer.";
    }
  }

  askForPlace() {
    this.place.open = true;
    this.place.querySelector("select").focus();
  }

  redraw(bubbles) {
    this.talk.replaceChildren();
    this.bubbles.clear();
    bubbles.forEach((bubble) => this.add(bubble));
  }

  add(bubble) {
    const item = drawBubble(bubble, {
      tap: (tap) => this.send({ tap, in_reply_to: bubble.id }),
      askForPlace: () => this.askForPlace(),
    });
    this.bubbles.set(bubble.id, item);
    this.talk.append(item);
    this.talk.scrollTop = this.talk.scrollHeight;
  }

  hear(event) {
    if (event.history) this.redraw(event.history);
    else if (event.bubble) this.add(event.bubble);
    else if (this.bubbles.has(event.id)) drawState(this.bubbles.get(event.id), event.state);
  }
}

function watch() {
  stream?.close();
  const query = new URLSearchParams(phones.map((phone) => ["phone", keyOf(phone.who)]));
  stream = new EventSource(`events?${query}`);
  stream.onopen = () => { linkState.textContent = ""; };
  stream.onerror = () => { linkState.textContent = "The simulator is out of reach or a number is wrong; trying again."; };
  stream.onmessage = (message) => {
    const event = JSON.parse(message.data);
    phones.filter((phone) => keyOf(phone.who) === event.phone).forEach((phone) => phone.hear(event));
  };
}

for (const who of kept()) {
  const phone = new Phone({ ...who });
  phones.push(phone);
  document.getElementById("phones").append(phone.element);
}
watch();
