// The phones of this page, kept in the browser: who they are, not what they said, which the simulator knows.

const KEPT = "hailwire-phones-2";
export const MOST_PHONES = 100;

const FIRST = [
  { provider: "whatsapp", number: "+250788000001", bsuid: "", hidden: false, name: "Diane" },
  { provider: "whatsapp", number: "+250738000002", bsuid: "", hidden: false, name: "Patrick" },
];
const NAMES = [
  "Aline", "Bosco", "Chantal", "David", "Emery", "Fiona", "Gaspard", "Honorine", "Innocent", "Josiane", "Keza", "Landry",
  "Mutoni", "Ngabo", "Odette", "Pacifique", "Rosine", "Samuel", "Teta", "Uwase",
];

function digits(count) {
  const random = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(random, (one) => one % 10).join("");
}

export function freshNumber() {
  return `+25078${digits(7)}`;
}

export function freshBsuid() {
  return `RW.${1 + Number(digits(1)) % 9}${digits(19)}`;
}

export function freshPhone(taken, provider = "whatsapp") {
  const names = new Set(taken.map((who) => who.name));
  const name = NAMES.find((one) => !names.has(one)) ?? `Phone ${taken.length + 1}`;
  return { provider, number: freshNumber(), bsuid: "", hidden: false, name };
}

// Spaces and punctuation of a number do not count, and a plus sign that was forgotten is put in front.
export function tidyNumber(text) {
  const digitsOnly = text.replace(/[^0-9]/g, "");
  return digitsOnly ? `+${digitsOnly}` : "";
}

// What a webhook names this phone by.
export function addressOf(who) {
  return who.provider === "whatsapp" && (who.hidden || !who.number) ? who.bsuid : who.number;
}

// Every name that the simulator may use for this phone.
export function keysOf(who) {
  const names = who.provider === "whatsapp" ? [who.number, who.bsuid] : [who.number];
  return names.filter(Boolean).map((name) => `${who.provider}:${name}`);
}

function isPhone(who) {
  const texts = [who?.provider, who?.number, who?.bsuid, who?.name];
  return texts.every((one) => typeof one === "string") && ["whatsapp", "twilio"].includes(who.provider) && addressOf(who);
}

export function readKept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT));
    if (Array.isArray(found) && found.every(isPhone)) return found.slice(0, MOST_PHONES);
  } catch {
    // What cannot be read is as good as nothing.
  }
  return FIRST.map((who) => ({ ...who }));
}

export function keep(phones) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(phones));
  } catch {
    // A browser that keeps nothing still plays.
  }
}
