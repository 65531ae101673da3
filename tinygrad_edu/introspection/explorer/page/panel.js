// The panel for a stop. Its head, which stays in view, has the title and the result; below is how the result came about.

const isBackward = (step) => step.phase === "seed" || step.phase === "backward" || step.phase === "end";
const calledAs = (n) => (DATA.folds[n].name ? `${moduleTitle(n)} · ${DATA.folds[n].class}` : DATA.folds[n].class);
const listed = (boxes) => boxes.map(boxName).join(", ");

// Return the title of a step, for the heading and for screen readers.
function titleOf(step) {
  const [i] = step.lit, module = step.module ?? null, does = module !== null ? calledAs(module) : i === undefined ? "" : DATA.boxes[i].operation;
  switch (step.phase) {
    case "given": return "What is given";
    case "forward": return `${does} computes ${module === null ? boxName(i) : listed(step.outputs)}`;
    case "seed": return `Backward begins at ${boxName(i)}`;
    case "backward": return module !== null || step.goings ? `Back through ${does}, from ${listed(step.outputs)}`
      : `Back through ${does}, from ${boxName(i)} to ${boxName(step.to)}`;
    default: return "The gradients";
  }
}

function phaseText(i) {
  const phase = { given: "the beginning", forward: "forward", end: "the end" }[stops[i].step.phase] || "backward";
  return `step ${i} of ${stops.length - 1} · ${phase}`;
}

// `into` and `out` do what the buttons say; null if there is nothing to step into, or out of.
function writePanel(state, { into, out }) {
  const stop = stops[state.step], { step } = stop;
  const button = (name, does, key) => {
    const b = element("button", { type: "button", class: "step", title: `key ${key}` }, name);
    b.addEventListener("click", does);
    return b;
  };
  const result = resultOf(step), focused = panel.contains(document.activeElement) ? document.activeElement.textContent : null;
  panel.className = isBackward(step) ? "backward" : "forward";
  panel.replaceChildren(
    element("div", { class: "head" },
      element("p", { class: "phase" }, phaseText(state.step), into ? button("Step into", into, "↓") : "", out ? button("Step out", out, "↑") : ""),
      element("h2", {}, titleOf(step)),
      element("div", { id: "result", class: `flow${result.length > 4 ? " many" : ""}`, role: "group", "aria-label": "The result" }, ...result),
      element("p", { class: "reading", "aria-live": "off" })),
    ...formulasOf(step),
    ...wordsOf(step).map((words) => element("p", { class: "words" }, words)),
    ...WRITERS[step.phase](step, stop),
    ...(step.phase === "given" ? DATA.remarks.map((remark) => element("p", { class: "remark" }, remark)) : []),
  );
  if (panel.stop !== stop) scroller().scrollTop = 0;
  panel.stop = stop;
  if (focused !== null) ([...panel.querySelectorAll(".step")].find((b) => b.textContent === focused) ?? panel).focus();
}

// Return the element that scrolls: the panel itself, or on a phone what is around it.
const scroller = () => (getComputedStyle(panel).overflowY === "auto" ? panel : document.querySelector("main"));

const GLANCE = 12; // results that are in view at once

// Return the cards of what this step has computed.
function resultOf(step) {
  switch (step.phase) {
    case "given": return step.lit.slice(0, GLANCE).map((i) => smallCard(i, DATA.boxes[i].value));
    case "forward": return (step.outputs ?? step.lit).map((i) => card({ ...DATA.boxes[i], label: DATA.boxes[i].math, kind: "outcome" }));
    case "end": return step.final.slice(0, GLANCE).map(({ box, value }) => smallCard(box, value, { gradient: true }));
    case "seed": return [gradientCard(step.to, step.after, "where it begins")];
  }
  if (!step.goings) return [gradientCard(step.to, step.after, step.before === undefined ? "flowing on" : "together, so far")];
  const short = ({ after }) => arrayAt(after).shape.reduce((a, b) => a * b, 1) <= 16;
  const few = step.goings.length < 3 && step.module === null && step.goings.every(short);
  return step.goings.slice(0, GLANCE).map(({ box, after }) => (few ? gradientCard(box, after, "flowing on") : smallCard(box, after, { gradient: true, module: step.module })));
}

function wordsOf(step) {
  if (step.phase !== "backward" && step.phase !== "forward") return step.words;
  const module = step.module ?? null;
  if (module === null) return step.goings ? ["One gradient comes in, and one goes on to each argument."] : step.words;
  const n = operationsIn(module).length, size = n === 1 ? "one operation" : `${n} operations`;
  if (step.phase === "forward") return [`A module of ${size}, folded into one step.`];
  return [`The way back through ${size}: a gradient comes in, and goes on to what the module was given, and to its parameters.`];
}

// The rule, and the same with the numbers.
function formulasOf(step) {
  const rules = step.goings && step.module === null ? step.products.map((p) => p.formula) : [step.formula].filter(Boolean);
  if (!rules.length) return [];
  const parts = (step.parts || []).map((part) => formula(part, "p", { class: "part" }));
  const numbers = step.numbers && formula(`<mo>=</mo>${step.numbers}${outcome(step)}`, "p", { class: "with-numbers" });
  return [element("div", { class: "formulas" }, ...parts, ...rules.map((rule) => formula(rule, "p", { class: "rule" })), numbers)];
}

function outcome(step) {
  const array = arrayAt(step.phase === "forward" ? DATA.boxes[step.lit[0]].value : step.flows);
  return isNumber(array) ? `<mo>=</mo><mn class="outcome">${digits(array.numbers[0], 6)}</mn>` : "";
}

// ---------------------------------------------------------------------------------- one function per kind of step

const WRITERS = {
  given: (step) => section("all of them", step.lit.length > GLANCE ? step.lit.map(boxCard) : []),

  forward: (step) => [
    windowOf(step),
    ...section(step.module === undefined ? "computed from" : "what goes in", step.arguments.map(boxCard)),
    ...section("its parameters", (step.parameters ?? []).map((i) => smallCard(i, DATA.boxes[i].value, { module: step.module }))),
  ].filter(Boolean),

  seed: () => [],

  backward(step, stop) {
    if (!step.goings) return [flowOf(step), stretching(step), meeting(step)].filter(Boolean);
    const before = situation(stop.steps[0] - 1).gradients, met = step.goings.filter((g) => g.before !== undefined);
    return [
      ...section("coming in", step.outputs.filter((i) => before[i] !== undefined).map((i) => gradientCard(i, before[i]))),
      ...section("all that goes on", step.goings.length > GLANCE ? step.goings.map((g) => gradientCard(g.box, g.after)) : []),
      ...section("gradients that other paths had left there, and that these are added to", met.map((g) => gradientCard(g.box, g.before))),
    ];
  },

  end: (step) => [element("div", { class: "finals" }, ...step.final.slice(0, MOST).map(({ box, value }) =>
    element("div", { class: "final" }, boxCard(box), term("→", "has the gradient", gradientCard(box, value))))),
  more(step.final.length)].filter(Boolean),
};

const section = (title, cards) => (cards.length ? [element("h3", {}, title), element("div", { class: "flow" }, ...cards.slice(0, MOST)), more(cards.length)].filter(Boolean) : []);
