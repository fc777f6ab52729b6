// A small map of the service area, drawn from the list of places. One pin is moved by tapping, dragging or arrow keys.

import { draw } from "./dom.js";
import { AREA, LINES, PLACES, metresBetween, nearestPlace } from "./places.js";

const HEIGHT = 1000;
// Degrees of longitude are as long as degrees of latitude so near the equator.
const SCALE = HEIGHT / (AREA.north - AREA.south);
const WIDTH = (AREA.east - AREA.west) * SCALE;
const CLOSEST = 0.18;
const FARTHEST = 1.6;
const LABEL_PIXELS = 12.5;
const PIN_SCALE = 0.75;
const STEP_DEGREES = 0.0005;

function x(longitude) {
  return (longitude - AREA.west) * SCALE;
}

function y(latitude) {
  return (AREA.north - latitude) * SCALE;
}

export class PlaceMap {
  constructor(point, moved) {
    this.moved = moved;
    this.zoom = 0.8;
    this.pin = draw("g", { class: "pin" }, draw("path", { d: "M0 0c-9-17-22-27-22-42a22 22 0 1 1 44 0c0 15-13 25-22 42z" }),
      draw("circle", { cx: 0, cy: -42, r: 8 }));
    this.spots = PLACES.map((place) => this.mark(place));
    this.labels = draw("g", { class: "labels" });
    this.element = draw("svg", { class: "map", role: "application", tabindex: "0", preserveAspectRatio: "xMidYMid slice",
      "aria-roledescription": "map", "aria-label": "Map. Arrow keys move the pin, plus and minus zoom." },
    draw("rect", { class: "land", x: -WIDTH, y: -HEIGHT, width: 3 * WIDTH, height: 3 * HEIGHT }),
    ...this.grid(),
    ...LINES.map((line) => draw("polyline", { class: "road", points: this.points(line) })),
    ...LINES.map((line) => draw("polyline", { class: "lane", points: this.points(line) })),
    ...this.spots, this.labels, this.pin);
    new ResizeObserver(() => this.look()).observe(this.element);
    this.listen();
    this.centre = { longitude: point.longitude, latitude: point.latitude };
    this.put(point, false);
    this.look();
  }

  points(line) {
    return line.map((place) => `${x(place.longitude)},${y(place.latitude)}`).join(" ");
  }

  *grid() {
    for (let longitude = 30.02; longitude < AREA.east; longitude += 0.02) {
      yield draw("line", { class: "grid", x1: x(longitude), x2: x(longitude), y1: -HEIGHT, y2: 2 * HEIGHT });
    }
    for (let latitude = -2.02; latitude < AREA.north + 0.02; latitude += 0.02) {
      yield draw("line", { class: "grid", x1: -WIDTH, x2: 2 * WIDTH, y1: y(latitude), y2: y(latitude) });
    }
  }

  mark(place) {
    return draw("circle", { class: "spot", cx: x(place.longitude), cy: y(place.latitude), r: 7 });
  }

  listen() {
    let start = null;
    this.element.addEventListener("pointerdown", (event) => {
      start = { x: event.clientX, y: event.clientY, centre: { ...this.centre }, dragged: false };
      this.element.setPointerCapture(event.pointerId);
    });
    this.element.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [right, down] = [event.clientX - start.x, event.clientY - start.y];
      start.dragged ||= Math.hypot(right, down) > 6;
      if (!start.dragged) return;
      const unit = this.unitsPerPixel() / SCALE;
      this.centre = { longitude: start.centre.longitude - right * unit, latitude: start.centre.latitude + down * unit };
      this.look();
    });
    this.element.addEventListener("pointerup", (event) => {
      if (start && !start.dragged) this.put(this.at(event), true);
      start = null;
    });
    this.element.addEventListener("pointercancel", () => { start = null; });
    this.element.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.closer(event.deltaY < 0 ? 0.85 : 1 / 0.85);
    }, { passive: false });
    this.element.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    const step = STEP_DEGREES * (event.shiftKey ? 10 : 1);
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (moves[event.key]) {
      const [east, north] = moves[event.key];
      this.put({ longitude: this.point.longitude + east, latitude: this.point.latitude + north }, false);
      this.centre = { ...this.point };
      this.look();
    } else if (event.key === "+" || event.key === "=") this.closer(0.8);
    else if (event.key === "-") this.closer(1.25);
    else return;
    event.preventDefault();
  }

  unitsPerPixel() {
    const box = this.element.getBoundingClientRect();
    return Math.min((WIDTH * this.zoom) / (box.width || 1), (HEIGHT * this.zoom) / (box.height || 1));
  }

  at(event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.element.getScreenCTM().inverse());
    return { longitude: AREA.west + place.x / SCALE, latitude: AREA.north - place.y / SCALE };
  }

  closer(factor) {
    this.zoom = Math.min(FARTHEST, Math.max(CLOSEST, this.zoom * factor));
    this.look();
  }

  look() {
    const [width, height] = [WIDTH * this.zoom, HEIGHT * this.zoom];
    this.centre.longitude = Math.min(AREA.east, Math.max(AREA.west, this.centre.longitude));
    this.centre.latitude = Math.min(AREA.north, Math.max(AREA.south, this.centre.latitude));
    const [left, top] = [x(this.centre.longitude) - width / 2, y(this.centre.latitude) - height / 2];
    this.element.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
    this.label();
    this.place();
  }

  // Names keep their size on the screen, the better known first; one that would lie on another is left out.
  label() {
    const size = LABEL_PIXELS * this.unitsPerPixel();
    const rank = (place) => (place.name === this.point.name ? 2 : Number(place.named));
    const taken = [];
    const shown = [...PLACES].sort((one, other) => rank(other) - rank(one)).filter((place) => {
      const half = (0.29 * place.name.length + 0.5) * size;
      const [middle, top] = [x(place.longitude), y(place.latitude)];
      const free = taken.every((other) => Math.abs(middle - other.middle) > half + other.half
        || Math.abs(top - other.top) > 1.7 * size);
      if (free) taken.push({ middle, half, top });
      return free;
    });
    this.labels.replaceChildren(...shown.map((place) =>
      draw("text", { x: x(place.longitude), y: y(place.latitude) + 1.45 * size, "font-size": size }, place.name)));
    this.spots.forEach((spot) => spot.setAttribute("r", 0.4 * size));
  }

  place() {
    const { longitude, latitude } = this.point;
    const size = PIN_SCALE * this.unitsPerPixel();
    this.pin.setAttribute("transform", `translate(${x(longitude)} ${y(latitude)}) scale(${size})`);
  }

  put(point, byHand) {
    const near = nearestPlace(point);
    // A finger is less exact than what was typed or counted in steps.
    const snap = !point.name && metresBetween(near, point) < (byHand ? 120 * this.zoom : 15);
    this.point = snap ? { ...near } : { latitude: round(point.latitude), longitude: round(point.longitude), name: point.name };
    this.label();
    this.place();
    this.moved(this.point);
  }

  show(place) {
    this.centre = { longitude: place.longitude, latitude: place.latitude };
    this.zoom = Math.min(this.zoom, 0.6);
    this.put(place, false);
    this.look();
  }
}

function round(degrees) {
  return Math.round(degrees * 1e6) / 1e6;
}
