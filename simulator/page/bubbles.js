// Draws one message of either provider. Everything a person or the gateway wrote is set as text, never as markup.

const TICKS = {
  waiting: ["…", "on its way"],
  accepted: ["✓", "accepted"],
  sent: ["✓", "sent"],
  delivered: ["✓✓", "delivered"],
  read: ["✓✓", "read"],
  failed: ["!", "failed"],
};

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function button(title, description, act) {
  const made = element("button", title);
  made.type = "button";
  if (description) made.append(element("span", description));
  made.addEventListener("click", act);
  return made;
}

function drawInteractive(item, interactive, acts) {
  const { header, body, footer, action = {} } = interactive;
  if (header?.text) item.append(element("p", header.text, "head"));
  if (body?.text) item.append(element("p", body.text));
  if (footer?.text) item.append(element("p", footer.text, "foot"));
  const choices = element("div", undefined, "choices");
  for (const { reply } of action.buttons ?? []) {
    choices.append(button(reply.title, "", () => acts.tap({ kind: "button_reply", ...reply })));
  }
  if (action.sections) {
    const list = element("details");
    list.open = true;
    list.append(element("summary", action.button));
    const rows = element("div", undefined, "choices");
    for (const section of action.sections) {
      if (section.title) rows.append(element("p", section.title, "head"));
      for (const row of section.rows) {
        rows.append(button(row.title, row.description, () => acts.tap({ kind: "list_reply", ...row })));
      }
    }
    list.append(rows);
    choices.append(list);
  }
  if (interactive.type === "location_request_message") {
    choices.append(button("Send location", "", acts.askForPlace));
  }
  if (action.parameters?.url) {
    const link = element("a", action.parameters.display_text);
    if (/^https?:/.test(action.parameters.url)) link.href = action.parameters.url;
    link.rel = "noreferrer";
    choices.append(link);
  }
  if (choices.childElementCount) item.append(choices);
}

function drawContent(item, content, acts) {
  const { interactive, location, text, Body } = content;
  if (interactive) {
    const chosen = interactive.button_reply ?? interactive.list_reply;
    if (chosen) item.append(element("p", chosen.title));
    else drawInteractive(item, interactive, acts);
  } else if (location) {
    item.append(element("p", `📍 ${location.name ?? ""} ${location.latitude}, ${location.longitude}`));
  } else if (text || Body !== undefined) {
    item.append(element("p", text ? text.body : Body));
  } else {
    item.append(element("p", `(${content.type ?? "unknown"})`));
  }
}

export function drawState(item, state) {
  const [tick, meaning] = TICKS[state] ?? ["", state];
  const mark = item.querySelector(".tick");
  mark.textContent = tick;
  mark.title = meaning;
  mark.setAttribute("aria-label", meaning);
  mark.setAttribute("role", "img");
  mark.classList.toggle("read", state === "read");
}

export function drawBubble(bubble, acts) {
  const item = element("li", undefined, bubble.side);
  drawContent(item, bubble.content, acts);
  const foot = element("small", `${new Date(bubble.at * 1000).toLocaleTimeString()} `);
  foot.append(element("span", undefined, "tick"));
  item.append(foot);
  drawState(item, bubble.state);
  return item;
}
