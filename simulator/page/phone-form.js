// Adding a phone and changing one: channel, number, name, and on WhatsApp whether the number is hidden.

import { fromTemplate } from "./dom.js";
import { freshBsuid, tidyNumber } from "./kept.js";
import { openSheet } from "./sheet.js";

const NUMBER = /^\+[1-9][0-9]{6,14}$/;
const BSUID = /^[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}$/;

export function openPhoneForm(who, title, done) {
  const form = fromTemplate("phone-form");
  const field = form.elements;
  const sheet = openSheet(null, title, form);
  field.name.value = who.name;
  field.provider.value = who.provider;
  field.number.value = who.number;
  field.bsuid.value = who.bsuid;
  field.hidden.checked = who.hidden;

  function fit() {
    const whatsapp = field.provider.value === "whatsapp";
    form.querySelector(".only-whatsapp").hidden = !whatsapp;
    if (whatsapp && field.hidden.checked && !field.bsuid.value) field.bsuid.value = freshBsuid();
    const number = tidyNumber(field.number.value);
    const needed = !whatsapp || !field.hidden.checked;
    field.number.setCustomValidity(!number && !needed ? "" : NUMBER.test(number)
      ? "" : "A number with its country code, such as +250 788 000 001");
    const bsuid = field.bsuid.value.trim();
    field.bsuid.setCustomValidity(!whatsapp || (!bsuid && needed) || BSUID.test(bsuid)
      ? "" : "A user id such as RW.13491208655302741918");
  }

  form.addEventListener("input", fit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sheet.close();
    const whatsapp = field.provider.value === "whatsapp";
    done({
      name: field.name.value.trim() || "Somebody",
      provider: field.provider.value,
      number: tidyNumber(field.number.value),
      bsuid: whatsapp ? field.bsuid.value.trim() : "",
      hidden: whatsapp && field.hidden.checked,
    });
  });
  fit();
  field.name.focus();
  field.name.select();
}
