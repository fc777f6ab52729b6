// Mishaps: what the pretended providers can be made to do wrong, as the simulator itself lists it.

import { button, make } from "./dom.js";
import { get, post, put, remove, Trouble } from "./simulator.js";

const CARRIERS = { whatsapp: "Meta", twilio: "Twilio" };
const ABOUT = {
  webhook: "Webhooks on their way to the gateway",
  status: "Delivery statuses",
  send: "Answers to what the gateway sends",
  api: "A whole API",
};

function input(parameter) {
  if (parameter.choices) {
    return make("select", { name: parameter.name },
      ...parameter.choices.map((one) => make("option", { value: one, selected: one === parameter.default }, one)));
  }
  return make("input", { name: parameter.name, type: "number", value: parameter.default, min: parameter.minimum,
    max: parameter.maximum, step: parameter.type === "integer" ? "1" : "any", required: parameter.default !== null });
}

function values(form, parameters) {
  const given = {};
  for (const { name, type } of parameters) {
    const { value } = form.elements[name];
    if (value !== "") given[name] = type === "choice" ? value : Number(value);
  }
  return given;
}

export class FaultsPanel {
  constructor(element) {
    this.title = "Make things go wrong";
    this.element = element;
    this.kinds = [];
    this.planned = element.querySelector(".planned");
    this.said = element.querySelector(".said");
    this.list = element.querySelector(".kinds");
    this.profile = element.querySelector(".profile");
    this.profile.addEventListener("submit", (event) => {
      event.preventDefault();
      this.try(() => this.behave(this.profile.misbehave.value.trim()));
    });
    this.profile.querySelector(".calm").addEventListener("click", () => this.try(() => this.behave("")));
  }

  async open() {
    await this.try(async () => {
      if (!this.kinds.length) {
        this.kinds = await get("faults/kinds");
        this.list.replaceChildren(...this.groups());
      }
      await this.refresh();
    });
  }

  async try(act) {
    this.said.textContent = "";
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.said.textContent = error.message;
    }
  }

  groups() {
    return [...new Set(this.kinds.map((kind) => kind.about))].map((about) =>
      make("section", {}, make("h3", {}, ABOUT[about] ?? about),
        ...this.kinds.filter((kind) => kind.about === about).map((kind) => this.form(kind))));
  }

  form(kind) {
    const providers = make("select", { name: "provider", "aria-label": "Provider" },
      ...kind.providers.map((one) => make("option", { value: one }, CARRIERS[one] ?? one)));
    const count = make("input", { name: "count", type: "number", min: 1, max: 1000, value: 1, "aria-label": "How often" });
    const parameters = (kind.parameters ?? []).map((one) => make("label", {}, one.name.replaceAll("_", " "), input(one)));
    return make("details", { class: "kind" }, make("summary", {}, make("code", {}, kind.kind), ` ${kind.summary}`),
      make("form", { "data-kind": kind.kind, onsubmit: (event) => {
        event.preventDefault();
        const content = { provider: providers.value, kind: kind.kind, count: Number(count.value) };
        this.try(async () => {
          await post("faults", { ...content, ...values(event.target, kind.parameters ?? []) });
          await this.refresh();
        });
      } }, make("label", {}, "provider", providers), make("label", {}, "times", count), ...parameters,
      make("button", { class: "main" }, "Plan it")));
  }

  async refresh() {
    const plans = await get("faults");
    this.planned.replaceChildren(...plans.map((plan) =>
      make("li", {}, make("code", {}, plan.kind), ` ${CARRIERS[plan.provider] ?? plan.provider}, ${plan.left} to come`)),
    plans.length ? make("li", {}, button("Forget all of these", () => this.try(async () => {
      await remove("faults");
      await this.refresh();
    }))) : make("li", { class: "faint" }, "Nothing is planned to go wrong."));
    await this.showProfile();
  }

  async showProfile() {
    const profile = await get("misbehaviour");
    this.profile.seed.value = profile.seed ?? 0;
    const done = Object.entries(profile.did ?? {}).map(([kind, times]) => `${kind} ${times}`).join(", ");
    const habits = Object.keys(profile.kinds ?? {}).length;
    const some = habits === 1 ? "1 kind happens" : `${habits} kinds happen`;
    this.profile.querySelector(".state").textContent = habits
      ? `${some} by chance, the same for the same seed.` : "Nothing happens by chance.";
    this.profile.querySelector(".did").textContent = done ? `So far: ${done}.` : "";
  }

  async behave(misbehave) {
    await put("misbehaviour", misbehave ? { seed: Number(this.profile.seed.value), misbehave } : { kinds: {} });
    await this.showProfile();
  }
}
