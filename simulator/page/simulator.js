// Asks the simulator to do things. Whatever goes wrong becomes one sentence that a person understands.

export class Trouble extends Error {}

const GONE = "The simulator does not answer. Is Hailwire still running?";

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Trouble(GONE);
  }
  let said = null;
  try {
    said = answer.status === 204 ? null : await answer.json();
  } catch {
    // An answer without words is judged by its status.
  }
  if (!answer.ok) throw new Trouble(sentence(said?.error) ?? `The simulator answered ${answer.status}.`);
  return said;
}

function sentence(words) {
  if (typeof words !== "string" || !words) return undefined;
  return words[0].toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
}

export function get(path) {
  return ask(path);
}

export function remove(path) {
  return ask(path, { method: "DELETE" });
}

export function put(path, content) {
  return ask(path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
}

export function post(path, content) {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
}

// Sends what a phone does; answers a sentence when the gateway did not take it.
export async function send(who, content) {
  const shown = who.provider === "whatsapp" && who.bsuid ? { bsuid: who.bsuid } : {};
  const from = who.hidden || !who.number ? who.bsuid : who.number;
  const said = await post("phones/send", { provider: who.provider, from, name: who.name, ...shown, ...content });
  if (said.taken) return "";
  const carrier = who.provider === "whatsapp" ? "Meta" : "Twilio";
  return said.status
    ? `The gateway answered ${said.status}; ${carrier} tries again as long as its rules say.`
    : `The gateway does not answer; ${carrier} tries again as long as its rules say.`;
}

export function attach(file) {
  return ask("phones/media", { method: "POST", headers: { "Content-Type": file.type }, body: file });
}
