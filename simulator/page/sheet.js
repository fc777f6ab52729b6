// A dialog that slides up from the foot of the screen; Escape and a click beside it close it.

import { iconButton, make } from "./dom.js";

export function openSheet(phone, title, content, { className = "" } = {}) {
  const dialog = make("dialog", { class: `sheet ${className}`, "aria-label": title },
    make("header", {}, make("h2", {}, title), iconButton("close", "Close", () => close())), content);
  function close() {
    dialog.close();
  }
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  // Closing has already given the focus back.
  dialog.addEventListener("close", () => dialog.remove());
  (phone?.element ?? document.body).append(dialog);
  if (phone) setOver(dialog, phone.element);
  dialog.showModal();
  return { element: dialog, close };
}

// A modal dialog lies above everything; here it is laid over the screen of its phone.
function setOver(dialog, element) {
  const place = element.querySelector(".screen").getBoundingClientRect();
  dialog.style.setProperty("--left", `${place.left}px`);
  dialog.style.setProperty("--bottom", `${Math.max(0, window.innerHeight - place.bottom)}px`);
  dialog.style.setProperty("--width", `${place.width}px`);
  dialog.style.setProperty("--height", `${place.height}px`);
  dialog.classList.add("over");
}
