// The rows of a list message, opened over the phone as WhatsApp opens them.

import { make } from "./dom.js";
import { openSheet } from "./sheet.js";

export function openList(phone, interactive, tap) {
  const { action, header } = interactive;
  const sections = action.sections.map((section) => {
    const rows = section.rows.map((row) =>
      make("button", { type: "button", class: "row", onclick: () => { sheet.close(); tap({ kind: "list_reply", ...row }); } },
        make("span", { class: "title" }, row.title),
        row.description && make("span", { class: "faint" }, row.description)));
    return make("div", { class: "section", role: "group", "aria-label": section.title || action.button },
      section.title && make("h3", {}, section.title), ...rows);
  });
  const title = header?.text || action.button;
  const sheet = openSheet(phone, title, make("div", { class: "rows" }, ...sections));
}

