// Plays a ride on two WhatsApp phones by reading their screens and using the very controls that a person uses.

import { make } from "./dom.js";

const PATIENCE_MS = 20_000;
const PAUSE_MS = matchMedia("(prefers-reduced-motion: reduce)").matches ? 50 : 700;
const DRIVER_STANDS = "-1.9546, 30.0925";
const PASSENGER_STANDS = "-1.9531, 30.0930";

class Stopped extends Error {}
class NotSeen extends Error {}

export class RidePanel {
  constructor(element, cast, opener) {
    this.title = "A ride, step by step";
    this.element = element;
    this.cast = cast;
    this.opener = opener;
    this.steps = element.querySelector(".steps");
    this.said = element.querySelector(".said");
    this.stopper = element.querySelector(".stop");
    this.again = element.querySelector(".again");
    this.stopper.addEventListener("click", () => this.stop());
    // Each step moves the button down: whoever presses it just then lets go beside it, which is no click.
    this.stopper.addEventListener("pointerdown", () => this.stop());
    this.again.addEventListener("click", () => this.play());
  }

  get playing() {
    return Boolean(this.abort);
  }

  stop() {
    this.abort?.abort(new Stopped());
  }

  async play() {
    if (this.playing) return;
    this.abort = new AbortController();
    this.opener.disabled = true;
    this.element.dataset.state = "playing";
    this.stopper.hidden = false;
    this.again.hidden = true;
    this.said.textContent = "";
    this.steps.replaceChildren();
    let ending = ["failed", "The play broke off; the console of the browser says why."];
    try {
      const { driver, passenger } = this.cast();
      await this.act(driver, passenger);
      ending = ["done", "That was a whole ride. Now play one yourself."];
    } catch (error) {
      if (error instanceof Stopped) ending = ["stopped", "Stopped. The phones stay as they are."];
      else if (error instanceof NotSeen) ending = ["failed", error.message];
      else throw error;
    } finally {
      this.finish(...ending);
    }
  }

  finish(state, words) {
    this.abort = null;
    this.opener.disabled = false;
    this.element.dataset.state = state;
    this.said.textContent = words;
    this.stopper.hidden = true;
    this.again.hidden = false;
    this.steps.querySelector("[aria-current]")?.classList.add(state === "done" ? "done" : "broken");
    this.steps.querySelector("[aria-current]")?.removeAttribute("aria-current");
  }

  async act(driver, passenger) {
    for (const phone of [driver, passenger]) {
      await this.step(phone, "says hello", () => this.say(phone, "hello"));
      await this.step(phone, "chooses English", () => this.choose(phone, "English"));
    }
    await this.step(driver, "wants to drive", () => this.say(driver, "drive"));
    await this.step(driver, "drives a moto", () => this.choose(driver, "Moto"));
    await this.step(driver, "shares a location and is online", () => this.locate(driver, DRIVER_STANDS));
    await this.step(passenger, "wants a ride", () => this.say(passenger, "ride"));
    await this.step(passenger, "needs a moto", () => this.choose(passenger, "Moto"));
    await this.step(passenger, "shares the pickup", () => this.locate(passenger, PASSENGER_STANDS));
    await this.step(passenger, "asks the drivers nearby", () => this.choose(passenger, "Ask all"));
    await this.step(driver, "accepts", () => this.tap(driver, "Accept"));
    await this.step(driver, "has arrived", () => this.tap(driver, "Arrived"));
    await this.step(driver, "starts the trip", () => this.tap(driver, "Start trip"));
    await this.step(driver, "completes the trip", () => this.tap(driver, "Complete"));
    await this.step(passenger, "is thanked", () => this.read(passenger, "Thank you"));
  }

  async step(phone, words, act) {
    this.steps.querySelector("[aria-current]")?.classList.add("done");
    this.steps.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const item = make("li", { "aria-current": "step" }, make("strong", {}, phone.who.name), ` ${words}`);
    this.steps.append(item);
    item.scrollIntoView({ block: "nearest" });
    phone.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    try {
      await this.pause(PAUSE_MS);
      await act();
    } catch (error) {
      if (error instanceof NotSeen) throw new NotSeen(`${phone.who.name} ${words}: ${error.message}`);
      throw error;
    }
  }

  // How many bubbles of a phone were there when it last acted: what it acts on next has come since.
  marks = new WeakMap();

  done(phone) {
    this.marks.set(phone, phone.talk.childElementCount);
  }

  pause(milliseconds) {
    const { signal } = this.abort;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
      if (signal.aborted) reject(signal.reason);
    });
  }

  async seen(look, what) {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = look();
      if (found) return found;
      if (performance.now() > end) throw new NotSeen(`${what} did not appear.`);
      await this.pause(50);
    }
  }

  fresh(phone, selector) {
    const since = [...phone.talk.children].slice(this.marks.get(phone) ?? 0).reverse();
    return since.flatMap((item) => [...item.querySelectorAll(selector)]);
  }

  async say(phone, words) {
    this.done(phone);
    phone.write.text.value = words;
    phone.write.requestSubmit();
  }

  async press(element) {
    element.scrollIntoView({ block: "nearest" });
    element.classList.add("pressed");
    await this.pause(PAUSE_MS / 2);
    element.classList.remove("pressed");
    element.click();
  }

  async option(phone, begins) {
    return this.seen(() => this.fresh(phone, ".choices button, .choices a").find((one) =>
      one.textContent.startsWith(begins)), `“${begins}”`);
  }

  async tap(phone, begins) {
    const found = await this.option(phone, begins);
    this.done(phone);
    await this.press(found);
  }

  // Among reply buttons, or among the rows of a list that is opened for it.
  async choose(phone, begins) {
    const found = await this.seen(() => this.fresh(phone, ".choices button").find((one) =>
      one.dataset.opens === "list" || one.textContent.startsWith(begins)), `“${begins}”`);
    this.done(phone);
    await this.press(found);
    if (found.dataset.opens !== "list") return;
    const row = await this.seen(() => [...phone.element.querySelectorAll(".sheet .row")].find((one) =>
      one.textContent.startsWith(begins)), `“${begins}”`);
    await this.press(row);
  }

  async locate(phone, place) {
    const found = await this.seen(() => this.fresh(phone, "[data-opens=places]")[0], "“Send location”");
    this.done(phone);
    await this.press(found);
    const form = await this.seen(() => phone.element.querySelector(".places"), "the map");
    const numbers = form.querySelector("input");
    numbers.value = place;
    numbers.dispatchEvent(new Event("change"));
    await this.pause(PAUSE_MS);
    await this.press(form.querySelector("button.main"));
  }

  async read(phone, words) {
    await this.seen(() => this.fresh(phone, "p").find((one) => one.textContent.includes(words)), `“${words}”`);
  }
}
