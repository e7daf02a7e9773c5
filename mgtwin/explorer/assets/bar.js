// Pages, switches, buttons, readings and messages above the curves.
export function render({ model }) {
  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const tell = (message) => model.send_msg(message);
  const root = make("div", { class: "bar" });

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = make("select", { "aria-label": "Colours" },
    ...["auto", "light", "dark"].map((name) => make("option", { value: name }, name)));
  const paint = () => {
    const chosen = theme.value === "auto" ? (dark.matches ? "dark" : "light") : theme.value;
    document.documentElement.dataset.theme = chosen;
    tell({ do: "theme", dark: chosen === "dark" });
  };
  theme.addEventListener("change", paint);
  dark.addEventListener("change", paint);
  const title = make("h1", {}, model.heading);
  document.title = model.heading;
  root.append(make("header", {}, title, make("label", { class: "theme" }, "Colours ", theme)));

  const tabs = make("fieldset", { class: "pages" }, make("legend", { class: "unseen" }, "Page"));
  for (const [name, text] of model.pages) {
    const input = make("input", { type: "radio", name: "page", value: name });
    input.addEventListener("change", () => tell({ do: "page", page: name }));
    tabs.append(make("label", {}, input, make("span", {}, text)));
  }
  root.append(tabs);

  const boxes = make("details", { class: "overlays" }, make("summary", {}, "Overlays and readings"));
  const box = (parent, name, text, about, message) => {
    const input = make("input", { type: "checkbox", value: name });
    input.addEventListener("change", () => tell({ ...message, on: input.checked }));
    parent.append(make("label", { title: about }, input, text));
    return input;
  };
  const list = make("div", { class: "boxes" });
  const overlays = new Map(model.overlays.map(([name, about]) =>
    [name, box(list, name, name.replaceAll("_", " "), about, { do: "overlay", name })]));
  boxes.append(list);
  if (model.overlays.length) root.append(boxes);

  const tools = make("div", { class: "tools", role: "group", "aria-label": "Show, fit, export" });
  const shown = new Map([["before", "curve before"], ["data", "data"]].map(([name, text]) =>
    [name, box(tools, name, text, `show the ${text}`, { do: "show", name })]));
  const button = (text, about, message) => {
    const made = make("button", { type: "button", title: about }, text);
    made.addEventListener("click", () => tell(message));
    tools.append(made);
    return made;
  };
  const fit = button("Fit from here", "Fit the numbers marked 'fit' to the data, starting here", { do: "fit" });
  button("Reset", "Every number as the cell has it", { do: "reset" });
  for (const [text, about, what, endings] of [
    ["Data …", "Save the numbers behind the curves", "data", model.endings],
    ["Figure …", "Save a figure for print", "figure", [".png", ".svg", ".pdf"]],
  ]) {
    const choice = make("select", { "aria-label": about }, make("option", { value: "" }, text),
      ...endings.map((ending) => make("option", { value: ending }, ending)));
    choice.addEventListener("change", () => { if (choice.value) tell({ do: what, ending: choice.value }); choice.value = ""; });
    tools.append(choice);
  }
  button("State", "Save the state as YAML: mgtwin run and mgtwin explore read it", { do: "state" });
  const link = button("Copy link", "Copy the address of this state", { do: "done" });
  link.addEventListener("click", () => {
    const address = `${location.origin}${location.pathname}?${model.now.query}`;
    navigator.clipboard?.writeText(address);
    status.textContent = address;
  });
  root.append(tools);

  const alert = make("div", { role: "alert", class: "alert" });
  const alarms = make("div", { role: "alert", class: "alert" });
  const status = make("div", { role: "status", class: "status" });
  const progress = make("progress", { max: 1, "aria-label": "How much is done" });
  const readings = make("dl", { class: "readings" });
  const warnings = make("details", { class: "warnings" });
  const note = make("pre", { class: "note" });
  root.append(alert, alarms, make("div", { class: "busy" }, progress, status), readings, warnings, note);

  const say = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const update = () => {
    const now = model.now;
    for (const input of tabs.querySelectorAll("input")) input.checked = input.value === now.page;
    for (const [name, input] of overlays) input.checked = now.overlays.includes(name);
    for (const [name, input] of shown) input.checked = !now.off.includes(name);
    shown.get("data").parentElement.hidden = fit.hidden = !model.fits;
    say(alert, now.error);
    say(alarms, now.alerts.join("\n"));
    alarms.hidden = !now.alerts.length;
    say(status, now.busy);
    progress.hidden = !now.busy;
    progress.value = now.fraction;
    say(note, now.note);
    readings.replaceChildren(...now.readings.map(([name, text]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, text))));
    if (warnings.dataset.text !== now.warnings.join()) {
      warnings.dataset.text = now.warnings.join();
      warnings.hidden = !now.warnings.length;
      warnings.replaceChildren(
        make("summary", {}, `${now.warnings.length} warning${now.warnings.length > 1 ? "s" : ""}`),
        make("ul", {}, ...now.warnings.map((text) => make("li", {}, text))));
    }
  };
  model.on("now", update);
  model.on("msg:custom", (got) => {
    const message = got.data ?? got;
    const bytes = Uint8Array.from(atob(message.content), (letter) => letter.charCodeAt(0));
    const address = URL.createObjectURL(new Blob([bytes]));
    make("a", { href: address, download: message.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
  update();
  paint();
  return root;
}
