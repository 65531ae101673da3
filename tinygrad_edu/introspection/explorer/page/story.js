// The whole story of one box: what it is, where it stands in the program, and everything that happens to it.

function writeStory(state, go) {
  const i = state.story, box = DATA.boxes[i], made = DATA.steps.find((s) => s.phase === "forward" && s.lit[0] === i);
  const gradient = situation(DATA.steps.length - 1).gradients[i];
  const close = element("button", { type: "button", class: "close" }, "Back to the step");
  close.addEventListener("click", () => go({ story: null }));
  panel.className = "story";
  panel.replaceChildren(
    element("div", { class: "head" }, element("p", { class: "phase" }, KINDS[box.kind], close), element("h2", {}, box.name),
      element("div", { id: "result", class: "flow" }, card({ caption: "value", label: box.math, value: box.value, kind: box.kind }),
        gradient === undefined ? "" : gradientCard(i, gradient, "its gradient, in the end")),
      element("p", { class: "reading", "aria-live": "off" })),
    made ? element("div", { class: "formulas" }, formula(made.formula, "p", { class: "rule" })) : "",
    element("dl", { class: "facts" }, ...factsOfBox(box)),
    element("h3", {}, "What happens to it"),
    element("ol", { class: "events" }, ...eventsOf(i).map(([n, words]) => {
      const step = stopAt(n);
      const button = element("button", { type: "button" }, element("b", {}, `step ${step}`), ` ${words}`);
      button.addEventListener("click", () => go({ step, story: null, playing: false }));
      return element("li", step === state.step ? { class: "now" } : {}, button);
    })),
  );
  if (isLiveNow && LEAVES.some((leaf) => leaf.box === i)) panel.querySelector(".phase").prepend(changeButton(i));
  if (panel.stop !== box) scroller().scrollTop = 0;
  panel.stop = box;
}

// A button that leads to the control of a leaf.
function changeButton(i) {
  const button = element("button", { type: "button", class: "step" }, "Change it");
  button.addEventListener("click", () => {
    go({ pane: "change" });
    document.querySelectorAll("#leaves fieldset")[LEAVES.findIndex((leaf) => leaf.box === i)].querySelector(".scrub").focus();
  });
  return button;
}

const KINDS = {
  leaf: "what derivatives are asked for",
  constant: "a constant: no gradient is asked for",
  operation: "an operation",
  result: "the result",
};

function factsOfBox(box) {
  const array = DATA.arrays[placesOf(box.value)[0]], facts = [];
  const add = (term, ...text) => facts.push(element("dt", {}, term), element("dd", {}, ...text));
  if (box.operation) add("computed by", element("code", {}, box.operation));
  if (box.line) {
    const [file, number] = box.line, source = DATA.sources.find((s) => s.file === file);
    const line = source?.lines.find(([n]) => n === number);
    add("in the program", `${file}, line ${number}`, line ? element("code", { class: "line" }, line[1].trim()) : "");
  }
  if (box.modules.length) add("within", box.modules.join(" → "));
  add("shape, dtype", `${shapeText(array.shape)} ${array.dtype}`);
  return facts;
}

// Return the steps in which a box takes part.
function eventsOf(i) {
  const events = [];
  DATA.steps.forEach((step, n) => {
    const [lit] = step.lit, does = lit === undefined ? "" : `${DATA.boxes[lit].operation}, ${boxName(lit)}`;
    if (step.phase === "given" && step.lit.includes(i)) events.push([n, "is given"]);
    if (step.phase === "forward" && lit === i) events.push([n, "is computed"]);
    if (step.phase === "forward" && step.arguments.includes(i)) events.push([n, `is used by ${does}`]);
    if (step.phase === "seed" && lit === i) events.push([n, "its gradient is 1: backward begins here"]);
    if (step.phase === "backward" && step.to === i) {
      const gets = step.before === undefined ? "gets a gradient" : "gets more gradient, which is added,";
      events.push([n, `${gets} from ${does}${step.stretched ? ", summed over what was stretched" : ""}`]);
    }
    if (step.phase === "backward" && lit === i) events.push([n, `passes its gradient on to ${boxName(step.to)}`]);
  });
  return events;
}

// Show the program, with the current line marked.
function writeSource(state) {
  const { step } = stops[state.step], lit = step.phase === "given" || step.phase === "end" ? -1 : step.lit[0];
  const place = DATA.boxes[state.story ?? lit]?.line, pane = document.getElementById("source");
  if (!pane.firstChild) {
    for (const { file, lines } of DATA.sources) {
      const items = lines.map(([n, text]) => element("li", n ? { "data-line": `${file}:${n}` } : { class: "gap" },
        element("span", { class: "number", "aria-hidden": "true" }, n || "⋮"), element("code", {}, text)));
      pane.append(element("h3", {}, file), element("ol", { class: "code" }, ...items));
    }
  }
  pane.dataset.phase = isBackward(step) ? "backward" : "forward";
  pane.querySelectorAll("[aria-current]").forEach((li) => li.removeAttribute("aria-current"));
  if (!place) return;
  const li = [...pane.querySelectorAll("[data-line]")].find((l) => l.dataset.line === `${place[0]}:${place[1]}`);
  if (!li) return;
  li.setAttribute("aria-current", "true");
  const down = li.getBoundingClientRect().top - pane.getBoundingClientRect().top;
  pane.scrollTop += down - pane.clientHeight / 2 + li.clientHeight / 2;
}
