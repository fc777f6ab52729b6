// One phone: what is on its screen, and what its owner can do.

import { openAttachments } from "./attach.js";
import { drawBubble, showState } from "./bubble.js";
import { fromTemplate } from "./dom.js";
import { addressOf } from "./kept.js";
import { openList } from "./list-sheet.js";
import { openPlaces } from "./place-sheet.js";
import { PLACES } from "./places.js";
import { Trouble, send } from "./simulator.js";
import { openWords } from "./words-sheet.js";

// WhatsApp takes the typing indicator away after so long when nothing comes.
const TYPING_MS = 25_000;
const NEAR_THE_END_PIXELS = 80;
// As many as the simulator remembers.
const MOST_BUBBLES = 200;
const MOST_CHARACTERS = { whatsapp: 4096, twilio: 1600 };

export class Phone {
  constructor(who, acts) {
    this.who = who;
    this.acts = acts;
    this.bubbles = new Map();
    this.key = "";
    this.seen = false;
    this.unread = false;
    this.atEnd = true;
    this.home = PLACES[[0, 1, 11, 16, 4, 20][acts.index % 6]];
    this.element = fromTemplate("phone");
    this.talk = this.element.querySelector(".talk");
    this.wrong = this.element.querySelector(".wrong");
    this.presence = this.element.querySelector(".presence");
    this.write = this.element.querySelector(".write");
    this.listen();
    this.introduce();
  }

  introduce() {
    const { name, provider, number, hidden } = this.who;
    const channel = provider === "whatsapp" ? "WhatsApp" : "SMS";
    this.element.classList.toggle("sms", provider === "twilio");
    this.element.setAttribute("aria-label", `Phone of ${name}, ${channel}`);
    this.element.querySelector(".name").textContent = name;
    this.element.querySelector(".channel").textContent = channel;
    this.element.querySelector(".address").textContent = hidden || !number ? "number hidden" : number;
    this.element.querySelector(".address").title = addressOf(this.who);
    this.element.querySelector(".edit").setAttribute("aria-label", `Change the phone of ${name}`);
    this.element.querySelector(".remove").setAttribute("aria-label", `Remove the phone of ${name}`);
    this.element.querySelector(".try").setAttribute("aria-label", `Words that ${name} may try`);
    this.talk.setAttribute("aria-label", `Conversation of ${name}`);
    this.write.text.setAttribute("aria-label", `Message from ${name}`);
    this.write.text.maxLength = MOST_CHARACTERS[provider];
    this.rest();
  }

  listen() {
    this.element.querySelector(".edit").addEventListener("click", () => this.acts.edit(this));
    this.element.querySelector(".remove").addEventListener("click", () => this.acts.remove(this));
    this.element.querySelector(".attach").addEventListener("click", () => openAttachments(this));
    this.element.querySelector(".try").addEventListener("click", () => openWords(this));
    this.write.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.takeWords();
      if (text.trim()) this.send({ text });
      this.write.text.focus();
    });
    this.write.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.write.requestSubmit();
      }
    });
    this.talk.addEventListener("scroll", () => {
      this.atEnd = this.talk.scrollHeight - this.talk.scrollTop - this.talk.clientHeight < NEAR_THE_END_PIXELS;
    });
    this.talk.addEventListener("load", () => this.stay(), true);
    new ResizeObserver(() => this.stay()).observe(this.talk);
    this.write.text.addEventListener("input", () => this.fit());
  }

  // Whoever reads the end goes on reading the end, whatever grows: a picture, the keyboard, the panel beside.
  stay() {
    if (this.atEnd) this.talk.scrollTop = this.talk.scrollHeight;
  }

  // As high as what is written, up to a few lines.
  fit() {
    const field = this.write.text;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, 120)}px`;
  }

  takeWords() {
    const { value } = this.write.text;
    this.write.text.value = "";
    this.fit();
    return value;
  }

  // What was not sent need not be written again.
  giveBack(words) {
    if (this.write.text.value) return;
    this.write.text.value = words;
    this.fit();
  }

  async send(content) {
    this.complain(null);
    try {
      const sentence = await send(this.who, content);
      if (sentence) this.complain(new Trouble(sentence));
    } catch (error) {
      this.giveBack(content.text ?? content.media?.caption ?? "");
      this.complain(error);
    }
  }

  complain(error) {
    if (error && !(error instanceof Trouble)) throw error;
    this.wrong.textContent = error ? error.message : "";
  }

  openPlaces() {
    openPlaces(this, this.place ?? this.home, (location) => {
      this.place = location;
      this.send({ location });
    });
  }

  hear(event) {
    if (event.history) this.show(event.history);
    else if (event.bubble) this.add(event.bubble);
    else if (event.typing) this.type();
    else if (this.bubbles.has(event.id)) showState(this.bubbles.get(event.id), event.state);
  }

  // The conversation as the simulator knows it; what is on the screen already stays where it is.
  show(history) {
    const known = [...this.bubbles.keys()];
    if (!known.every((id, index) => history[index]?.id === id)) {
      this.talk.replaceChildren();
      this.bubbles.clear();
    }
    for (const bubble of history) {
      if (this.bubbles.has(bubble.id)) showState(this.bubbles.get(bubble.id), bubble.state);
      else this.add(bubble);
    }
  }

  add(bubble) {
    const tap = (tapped) => this.send({ tap: tapped, in_reply_to: bubble.id });
    const item = drawBubble(bubble, {
      tap,
      openList: (interactive) => openList(this, interactive, tap),
      openPlaces: () => this.openPlaces(),
    });
    this.bubbles.set(bubble.id, item);
    this.talk.append(item);
    if (this.bubbles.size > MOST_BUBBLES) this.forgetOldest();
    if (bubble.side === "business") this.rest();
    if (bubble.side === "person") this.atEnd = true;
    this.stay();
    this.acts.heard(this, bubble);
  }

  forgetOldest() {
    const [id, item] = this.bubbles.entries().next().value;
    this.bubbles.delete(id);
    item.remove();
  }

  type() {
    this.presence.textContent = "typing…";
    this.element.classList.add("typing");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rest(), TYPING_MS);
  }

  rest() {
    clearTimeout(this.timer);
    this.element.classList.remove("typing");
    this.presence.textContent = this.who.provider === "whatsapp" ? "business account" : "text message";
  }
}
