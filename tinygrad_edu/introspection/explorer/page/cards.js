// Cards: values and gradients with their labels, and the number at the pointer.

const panel = document.getElementById("panel");
const MOST = 24; // cards in a panel
const boxName = (i) => DATA.boxes[i].name;
const ONE = { numbers: [1], shape: [] };
const arrayAt = (value) => DATA.arrays[placesOf(value)[0]];
const isPlain = (value) => value === ONE || (!Array.isArray(value) && isNumber(arrayAt(value)));

// A value with its label.
function card({ caption, label, value, kind, small = false }) {
  const above = caption ? element("span", { class: "caption" }, caption) : "";
  const title = element("figcaption", {}, above, label ? formula(label) : "");
  const bodies = placesOf(value).map((place) => {
    const array = DATA.arrays[place], facts = isNumber(array) ? [] : factsOf(array);
    return element("div", {}, element("div", { class: "body", "data-place": place }, arrayElement(place, array, small ? FEWER : FEW)),
      element("p", { class: "facts" }, ...facts.map((fact) => element("span", {}, fact))));
  });
  return element("figure", { class: `card ${kind || ""}${small ? " small" : ""}` }, title, ...bodies);
}

function boxCard(i) {
  const { math, value, kind } = DATA.boxes[i];
  return card({ label: math, value, kind });
}

function gradientCard(i, value, caption) {
  return card({ caption, label: DATA.boxes[i].gradient, value, kind: "flows" });
}

// A small card among several. What belongs to a module is called by its name there.
function smallCard(i, value, { gradient = false, module = null } = {}) {
  const { name, kind } = DATA.boxes[i], around = module === null ? "" : `${DATA.folds[module].name}.`;
  const short = around.length > 1 && name.startsWith(around) ? name.slice(around.length) : name;
  const small = card({ value, kind: gradient ? "flows" : kind, small: true });
  const [last, ...outer] = short.split(".").reverse(), before = outer.length ? element("span", { class: "around" }, outer.reverse().join(".")) : "";
  small.querySelector("figcaption").replaceChildren(element("span", { class: "short", title: gradient ? `the gradient of ${name}` : name },
    before, element("span", gradient ? { class: "bar" } : {}, last)));
  return small;
}

const sign = (text, spoken) => element("span", { class: "sign", role: "img", "aria-label": spoken }, text);
const term = (text, spoken, card) => element("span", { class: "term" }, sign(text, spoken), card); // in one line
const more = (n) => (n > MOST ? element("p", { class: "words" }, `… and ${n - MOST} more`) : "");

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
