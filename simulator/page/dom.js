// Makes elements. Text is only ever set as text: nothing that a person or the gateway wrote becomes markup.

const SVG = "http://www.w3.org/2000/svg";

function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export function make(name, attributes = {}, ...children) {
  return dressed(document.createElement(name), attributes, children);
}

export function draw(name, attributes = {}, ...children) {
  return dressed(document.createElementNS(SVG, name), attributes, children);
}

export function icon(name) {
  return draw("svg", { class: "icon", "aria-hidden": "true" }, draw("use", { href: `#${name}` }));
}

export function button(title, act, attributes = {}, ...before) {
  return make("button", { type: "button", onclick: act, ...attributes }, ...before, title);
}

// A button that shows nothing but an icon; its name is for those who listen and those who point.
export function iconButton(name, title, act, attributes = {}) {
  return make("button", { type: "button", class: "round", title, "aria-label": title, onclick: act, ...attributes }, icon(name));
}

export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
