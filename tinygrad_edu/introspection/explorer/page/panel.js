// The panel for a step: its title, the gradient that comes in, the rule, and the gradient that flows on.

const panel = document.getElementById("panel");

const isBackward = (step) => step.phase === "seed" || step.phase === "backward" || step.phase === "end";
const boxName = (i) => DATA.boxes[i].name;

// Return the title of a step, for the heading and for screen readers.
function titleOf(step) {
  const [i] = step.lit, does = i === undefined ? "" : DATA.boxes[i].operation;
  switch (step.phase) {
    case "given": return "What is given";
    case "forward": return `${does} computes ${boxName(i)}`;
    case "seed": return `Backward begins at ${boxName(i)}`;
    case "backward": return `Back through ${does}, from ${boxName(i)} to ${boxName(step.to)}`;
    default: return "The gradients";
  }
}

function writePanel(state) {
  const step = DATA.steps[state.step];
  panel.className = isBackward(step) ? "backward" : "forward";
  panel.replaceChildren(
    element("p", { class: "phase" }, phaseText(state.step)),
    element("h2", {}, titleOf(step)),
    ...formulasOf(step),
    ...step.words.map((words) => element("p", { class: "words" }, words)),
    ...WRITERS[step.phase](step),
    ...(step.phase === "given" ? DATA.remarks.map((remark) => element("p", { class: "remark" }, remark)) : []),
    element("p", { class: "reading", "aria-live": "off" }),
  );
  panel.scrollTop = 0;
}

function phaseText(i) {
  const phase = { given: "the beginning", forward: "forward", end: "the end" }[DATA.steps[i].phase] || "backward";
  return `step ${i} of ${DATA.steps.length - 1} · ${phase}`;
}

// The rule, and the same with the numbers.
function formulasOf(step) {
  if (!step.formula) return [];
  const parts = (step.parts || []).map((part) => formula(part, "p", { class: "part" }));
  const numbers = step.numbers && formula(`<mo>=</mo>${step.numbers}${result(step)}`, "p", { class: "with-numbers" });
  return [element("div", { class: "formulas" }, ...parts, formula(step.formula, "p", { class: "rule" }), numbers)];
}

function result(step) {
  const array = arrayAt(step.phase === "forward" ? DATA.boxes[step.lit[0]].value : step.flows);
  return isNumber(array) ? `<mo>=</mo><mn class="outcome">${digits(array.numbers[0], 6)}</mn>` : "";
}

// ---------------------------------------------------------------------------------- one function per kind of step

const WRITERS = {
  given: (step) => [cardRow(step.lit.slice(0, MOST).map((i) => boxCard(i)), step.lit.length)],

  forward: (step) => [element("div", { class: "flow" },
    ...step.arguments.map(boxCard),
    term("→", "gives", card({ ...DATA.boxes[step.lit[0]], label: DATA.boxes[step.lit[0]].math, kind: "outcome" })))],

  seed: (step) => [element("div", { class: "flow" }, gradientCard(step.to, step.after, "where it begins"))],

  backward: (step) => [flowOf(step), stretching(step), meeting(step)].filter(Boolean),

  end: (step) => [element("div", { class: "finals" }, ...step.final.slice(0, MOST).map(({ box, value }) =>
    element("div", { class: "final" }, boxCard(box), term("→", "has the gradient", gradientCard(box, value))))),
  more(step.final.length)],
};
const MOST = 24; // cards in a panel

// Show a product: the incoming gradient times the local factor is the gradient that flows on.
function flowOf(step) {
  const label = step.label || DATA.boxes[step.lit[0]].gradient;
  const coming = card({ caption: "coming in", label, value: step.coming, kind: "coming" });
  const factor = step.factor && card({ caption: "local factor", kind: "factor", ...step.factor });
  const flows = step.said === undefined ? gradientCard(step.to, step.flows, share(step))
    : card({ caption: "the rule says", value: step.said, kind: "flows" });
  const flowing = [share(step), DATA.boxes[step.to].gradient];
  const rest = step.said === undefined ? [flowing, step.flows] : [["the rule says"], step.said];
  if (step.kind === "product" && isPlain(step.coming) && isPlain(step.factor.value) && isPlain(rest[1]))
    return ledger("product", ["", "coming in", label, step.coming],
      ["×", "local factor", step.factor.label, step.factor.value], ["=", ...rest[0], rest[1]]);
  if (step.kind === "same" && isPlain(step.coming))
    return ledger("same", ["", "coming in", label, step.coming], ["×", "local factor", "", ONE], ["=", ...rest[0], rest[1]]);
  const arrays = step.factor && !isPlain(step.coming) && !isPlain(step.factor.value);
  const times = arrays ? ["⊙", "times, number by number"] : ["×", "times"];
  const cards = {
    product: () => [coming, term(...times, factor), term("=", "is", flows)],
    right: () => [coming, term("@", "matrix product with", factor), term("=", "is", flows)],
    left: () => [factor, term("@", "matrix product with", coming), term("=", "is", flows)],
    same: () => [coming, term("× 1 =", "times 1 is", flows)],
    copied: () => [coming, term("copied →", "copied is", flows)],
    moved: () => [coming, term("moved →", "moved is", flows)],
    added: () => [coming, term("put back →", "put back is", flows)],
    function: () => [coming, term("→", "by the rule becomes", flows)],
  }[step.kind]();
  const row = element("div", { class: "flow", "data-kind": step.kind }, ...cards);
  row.cells = step.kind === "product" ? [step.coming, step.factor.value, rest[1]] : null;
  return row;
}

const ONE = { numbers: [1], shape: [] };
const arrayAt = (value) => DATA.arrays[placesOf(value)[0]];
const isPlain = (value) => value === ONE || (!Array.isArray(value) && isNumber(arrayAt(value)));
const share = (step) => (step.before === undefined ? "flowing on" : "this path's share");

// Single numbers, one below the other, as one multiplies and adds on paper.
function ledger(kind, ...rows) {
  const lines = rows.map(([sign, caption, label, value]) => element("tr", {},
    element("td", { class: "sign" }, sign), element("th", { scope: "row" }, caption, label ? formula(label) : ""),
    element("td", { class: "number" }, digits((value === ONE ? ONE : arrayAt(value)).numbers[0], 6))));
  const table = element("table", { class: "ledger", "data-kind": kind }, element("tbody", {}, ...lines));
  return element("div", { class: "scrolled" }, table);
}

// Un-broadcasting: what was stretched is summed.
function stretching(step) {
  if (!step.stretched) return null;
  return element("div", { class: "extra stretched" }, element("p", {}, step.stretched),
    element("div", { class: "flow" }, term("Σ =", "the sum is", gradientCard(step.to, step.flows, share(step)))));
}

// A sum where paths meet.
function meeting(step) {
  if (step.before === undefined) return null;
  const gradient = DATA.boxes[step.to].gradient, plain = [step.before, step.flows, step.after].every(isPlain);
  const sum = plain
    ? ledger("sum", ["", "so far", gradient, step.before], ["+", "this path's share", "", step.flows],
      ["=", "together", gradient, step.after])
    : element("div", { class: "flow" }, gradientCard(step.to, step.before, "so far"),
      term("+", "plus", card({ caption: "this path's share", value: step.flows, kind: "flows" })),
      term("=", "is", gradientCard(step.to, step.after, "together")));
  return element("div", { class: "extra meeting" }, element("p", {}, step.meeting), sum);
}

// ------------------------------------------------------------------------------------------- cards

// A value with its label.
function card({ caption, label, value, kind }) {
  const above = caption ? element("span", { class: "caption" }, caption) : "";
  const title = element("figcaption", {}, above, label ? formula(label) : "");
  const bodies = placesOf(value).map((place) => {
    const array = DATA.arrays[place], facts = isNumber(array) ? [] : factsOf(array);
    return element("div", {}, element("div", { class: "body", "data-place": place }, arrayElement(place, array)),
      element("p", { class: "facts" }, ...facts.map((fact) => element("span", {}, fact))));
  });
  return element("figure", { class: `card ${kind || ""}` }, title, ...bodies);
}

function boxCard(i) {
  const { math, value, kind } = DATA.boxes[i];
  return card({ label: math, value, kind });
}

function gradientCard(i, value, caption) {
  return card({ caption, label: DATA.boxes[i].gradient, value, kind: "flows" });
}

const sign = (text, spoken) => element("span", { class: "sign", role: "img", "aria-label": spoken }, text);
const term = (text, spoken, card) => element("span", { class: "term" }, sign(text, spoken), card); // in one line
const more = (n) => (n > MOST ? element("p", { class: "words" }, `… and ${n - MOST} more`) : "");
const cardRow = (cards, n) => element("div", {}, element("div", { class: "flow" }, ...cards), more(n));

// ------------------------------------------------------------------------------------ pointing at a number

// Show the number of the cell at the pointer, and in a product the numbers that it is made of.
function listenToPanel() {
  for (const event of ["pointermove", "pointerdown"]) {
    panel.addEventListener(event, (e) => {
      const body = e.target.closest("[data-place]"), reading = panel.querySelector(".reading");
      if (!reading) return;
      const cell = body && cellOf(e), marked = panel.querySelectorAll(".pointed");
      marked.forEach((m) => m.classList.remove("pointed"));
      if (cell === null || cell === undefined) return void (reading.textContent = "");
      reading.textContent = readingOf(body, cell);
    });
  }
}

function cellOf(e) {
  const td = e.target.closest("[data-cell]");
  return td ? Number(td.dataset.cell) : e.target.cellAt ? e.target.cellAt(e.clientX, e.clientY) : null;
}

function readingOf(body, cell) {
  const array = arrayAt(Number(body.dataset.place)), row = body.closest(".flow"), text = cellText(array, cell);
  if (!row?.cells || row.cells.some(Array.isArray)) return text;
  const arrays = row.cells.map((p) => DATA.arrays[p]), same = arrays.filter((a) => !isNumber(a));
  const ofBlocks = arrays.some((a) => a.block && a.block.some((n) => n > 1));
  if (ofBlocks || !same.every((a) => String(a.shape) === String(array.shape))) return text;
  row.querySelectorAll(`[data-cell="${cell}"]`).forEach((td) => td.classList.add("pointed"));
  const numberIn = (a) => (isNumber(a) ? a.numbers[0] : a.numbers ? a.numbers[cell] : gridOf(a).cells[cell]);
  const [g, factor, product] = arrays.map((a) => digits(numberIn(a)));
  return `${text.replace(/ (=|mean) .*/, ":")} ${g} × ${factor} = ${product}`;
}
