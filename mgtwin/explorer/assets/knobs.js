// Sliders of the numbers of a cell: native inputs, so that keyboards and screen readers know them.
export function render({ model }) {
  const root = document.createElement("div");
  root.className = "knobs";
  const rows = new Map();
  const pending = new Map();
  let gesture = 0, touched = 0, resting = 0;
  const folded = new Map();

  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const send = () => {
    for (const [path, position] of pending) model.send_msg({ do: "move", path, position, gesture });
    pending.clear();
  };

  function row(group, knob, number) {
    const id = `${group.name}-${number}`;
    const input = make("input", {
      type: "range", min: 0, max: 1000, step: 1, id, "data-path": knob.path,
      "aria-label": `${group.title}: ${knob.label}`, "aria-describedby": `${id}-facts`,
    });
    const shown = make("output", { for: id });
    // a number stays with its unit
    const name = make("label", { for: id }, knob.label.replace(/(\d) /g, "$1\u00a0"));
    const facts = make("span", { id: `${id}-facts`, class: "facts", title: knob.origin }, knob.facts);
    if (knob.shade) {
      input.style.setProperty("--from", knob.shade[0]);
      input.style.setProperty("--to", knob.shade[1]);
    }
    input.addEventListener("pointerdown", () => { gesture += 1; });
    input.addEventListener("keydown", () => { if (performance.now() - touched > 1000) gesture += 1; });
    input.addEventListener("input", () => {
      touched = performance.now();
      rows.get(knob.path).touched = touched;
      // one message per frame: what lies between two frames nobody sees
      if (!pending.size) requestAnimationFrame(send);
      pending.set(knob.path, Number(input.value) / 1000);
    });
    input.addEventListener("change", () => {
      send();
      clearTimeout(resting);
      resting = setTimeout(() => model.send_msg({ do: "done" }), 300);
    });
    const foot = make("div", { class: "foot" }, facts);
    let free = null;
    if (knob.fits) {
      free = make("input", { type: "checkbox", "aria-label": `fit ${group.title}: ${knob.label}` });
      free.addEventListener("change", () => model.send_msg({ do: "free", path: knob.path, on: free.checked }));
      foot.append(make("label", { class: "free" }, free, "fit"));
    }
    const whole = make("div", { class: "knob" }, make("div", { class: "head" }, name, shown), input, foot);
    rows.set(knob.path, { input, shown, free, whole, touched: -Infinity });
    return whole;
  }

  function build() {
    root.replaceChildren();
    rows.clear();
    for (const group of model.groups) {
      const fold = make("details", { class: "group" }, make("summary", {}, group.title));
      fold.open = folded.has(group.name) ? folded.get(group.name) : group.open;
      fold.addEventListener("toggle", () => folded.set(group.name, fold.open));
      fold.append(...group.knobs.map((knob, number) => row(group, knob, number)));
      root.append(fold);
    }
    place();
  }
  function place() {
    for (const [path, [position, text, moved, free]] of Object.entries(model.places)) {
      const found = rows.get(path);
      if (!found) continue;
      // what is just being dragged is ahead of what comes back
      if (performance.now() - found.touched > 700) found.input.value = position;
      found.shown.textContent = text;
      found.input.setAttribute("aria-valuetext", text);
      found.whole.classList.toggle("moved", moved);
      if (found.free) found.free.checked = free;
    }
  }
  model.on("groups", build);
  model.on("places", place);
  build();
  return root;
}
