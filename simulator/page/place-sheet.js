// Choosing a location to share: on the map, from the list, or by coordinates.

import { icon, iconButton, make } from "./dom.js";
import { PlaceMap } from "./map.js";
import { PLACES, metresBetween, nearestPlace } from "./places.js";
import { openSheet } from "./sheet.js";

function described(point) {
  const near = nearestPlace(point);
  const metres = Math.round(metresBetween(near, point) / 10) * 10;
  if (metres < 30) return near.name;
  return metres < 3000 ? `${metres} m from ${near.name}` : "Far from every known place";
}

export function openPlaces(phone, start, share) {
  const said = make("p", { class: "chosen", role: "status" });
  const list = make("select", { "aria-label": "Place", onchange: () => map.show(PLACES[list.value]) },
    make("option", { value: "", disabled: true }, "Choose a place…"),
    ...PLACES.map((place, index) => make("option", { value: index }, place.name)));
  const numbers = make("input", { "aria-label": "Latitude, longitude", autocomplete: "off", inputmode: "text",
    onchange: () => typed(numbers, map) });
  const map = new PlaceMap(start, (point) => {
    const index = PLACES.findIndex((place) => place.name === point.name);
    list.value = index < 0 ? "" : String(index);
    numbers.value = `${point.latitude}, ${point.longitude}`;
    numbers.setCustomValidity("");
    said.textContent = described(point);
  });
  const zoom = make("div", { class: "zoom" }, iconButton("plus", "Zoom in", () => map.closer(0.8)),
    iconButton("minus", "Zoom out", () => map.closer(1.25)));
  const form = make("form", { class: "places", onsubmit: (event) => {
    event.preventDefault();
    sheet.close();
    const { latitude, longitude, name } = map.point;
    share({ latitude, longitude, ...(name ? { name } : {}) });
  } }, make("div", { class: "mapbox" }, map.element, zoom), said,
  make("div", { class: "pair" }, list, numbers),
  make("button", { class: "main" }, icon("pin"), "Send this location"));
  const sheet = openSheet(phone, "Send location", form, { className: "tall" });
  list.focus();
}

function typed(input, map) {
  const pair = input.value.split(/[,;\s]+/).filter(Boolean).map(Number);
  const right = pair.length === 2 && Math.abs(pair[0]) <= 90 && Math.abs(pair[1]) <= 180;
  input.setCustomValidity(right ? "" : "Latitude and longitude, such as -1.9441, 30.0619");
  if (right) map.show({ latitude: pair[0], longitude: pair[1] });
  else input.reportValidity();
}
