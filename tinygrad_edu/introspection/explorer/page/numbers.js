// Arrays, as numbers or as heat maps. An array is given by its shape, its dtype, and either all its `numbers` or the
// `cells` of a thumbnail: means of blocks, whole numbers in units of `largest` / FULL.

const FULL = 32000, NAN = -32768, INFINITE = 32767;
let NEGATIVE, POSITIVE, ZERO, BROKEN; // the colours of numbers, which are the theme's

// Return a number as text with this many significant digits and a true minus sign. What JSON lacks comes as text.
function digits(x, n = 4) {
  if (typeof x === "string") return x.replace(/-/g, "−");
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x).replace("-", "−");
  const [plain, power] = x.toPrecision(n).split("e");
  const short = plain.includes(".") ? plain.replace(/\.?0+$/, "") : plain;
  return (power === undefined ? short : `${short}e${Number(power)}`).replace(/-/g, "−");
}

// Return a shape as Python writes it.
const shapeText = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

// Return the places of one value, as an operation may have several results.
const placesOf = (value) => (Array.isArray(value) ? value : [value]);

const isKnown = (array) => array.numbers !== undefined || array.cells !== undefined;
const isNumber = (array) => array.shape.length === 0 && array.numbers !== undefined;

// Return a summary of an array in one line.
function factsOf(array) {
  const facts = [shapeText(array.shape)];
  if (!isKnown(array)) facts.push("numbers not known");
  else if (array.norm !== undefined) {
    if (array.min !== undefined) facts.push(`${digits(array.min, 2)} … ${digits(array.max, 2)}`);
    facts.push(`norm ${digits(array.norm, 3)}`);
  }
  return facts;
}

// The cells of an array: how many rows and columns, and the number in each.
function gridOf(array) {
  if (array.grid) {
    const bytes = Uint8Array.from(atob(array.cells), (c) => c.charCodeAt(0));
    const whole = new Int16Array(bytes.buffer);
    const cells = Array.from(whole, (w) =>
      w === NAN ? NaN : Math.abs(w) === INFINITE ? Math.sign(w) * Infinity : (w / FULL) * array.largest);
    return { rows: array.grid[0], columns: array.grid[1], cells, largest: array.largest };
  }
  const columns = array.shape.length ? array.shape[array.shape.length - 1] : 1;
  const cells = array.numbers.map((x) => (typeof x === "string" ? parseFloat(x.replace("inf", "Infinity")) : x));
  const finite = cells.filter(Number.isFinite).map(Math.abs);
  return { rows: cells.length / (columns || 1), columns, cells, largest: Math.max(0, ...finite) };
}

// Read the colours from the style sheet.
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const colours = ["--negative", "--positive", "--zero", "--broken"].map((name) => style.getPropertyValue(name));
  [NEGATIVE, POSITIVE, ZERO, BROKEN] = colours.map((text) => text.split(",").map(Number));
}

// A colour for a number: from the paper's at zero to the strongest at the largest; NaN has its own.
function colour(x, largest) {
  if (Number.isNaN(x)) return BROKEN;
  const t = Number.isFinite(x) ? (largest ? x / largest : 0) : Math.sign(x);
  const end = t < 0 ? NEGATIVE : POSITIVE, strength = Math.pow(Math.abs(t), 0.7); // small numbers can be seen, too
  return ZERO.map((p, i) => Math.round(p + (end[i] - p) * strength));
}

// A picture with a pixel for each cell, as the address of an image; each is made once.
const pictures = new Map();
function pictureOf(place, array) {
  const key = `${place} ${ZERO}`;
  if (!pictures.has(key)) {
    const { rows, columns, cells, largest } = gridOf(array);
    const canvas = Object.assign(document.createElement("canvas"), { width: columns || 1, height: rows || 1 });
    const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
    cells.forEach((x, i) => image.data.set([...colour(x, largest), 255], 4 * i));
    context.putImageData(image, 0, 0);
    pictures.set(key, canvas.toDataURL());
  }
  return pictures.get(key);
}

// ------------------------------------------------------------------------------------------- elements

// An element with attributes and children; text is always text, never markup.
function element(kind, attributes = {}, ...children) {
  const e = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children.filter((child) => child !== undefined && child !== ""));
  return e;
}

// A formula: MathML that was written by the program, in which all names are escaped.
function formula(mathml, kind = "span", attributes = {}) {
  const e = element(kind, attributes);
  e.innerHTML = `<math displaystyle="true"><mrow>${mathml}</mrow></math>`;
  return e;
}

// The body of a card: a number, a table of few numbers, or a heat map.
function arrayElement(place, array) {
  if (!isKnown(array)) return element("p", { class: "unknown" }, "?");
  if (isNumber(array)) return element("p", { class: "number" }, digits(array.numbers[0], 6));
  if (!array.shape.length || array.shape.includes(0)) return element("p", { class: "unknown" }, "no numbers");
  const { rows, columns, cells, largest } = gridOf(array);
  const few = array.numbers && columns <= 4 && rows <= 8;
  return few ? numberTable(array, rows, columns, largest) : heatMap(place, array, rows, columns, cells);
}

function numberTable(array, rows, columns, largest) {
  const body = element("tbody");
  for (let i = 0; i < rows; i++) {
    const row = element("tr");
    for (let j = 0; j < columns; j++) {
      const x = array.numbers[i * columns + j], t = largest && typeof x === "number" ? x / largest : 0;
      const shade = `background: rgba(${t < 0 ? NEGATIVE : POSITIVE}, ${(Math.abs(t) * 0.3).toFixed(3)})`;
      row.append(element("td", { "data-cell": i * columns + j, style: shade }, digits(x)));
    }
    body.append(row);
  }
  return element("table", { class: "numbers" }, body);
}

function heatMap(place, array, rows, columns, cells) {
  const cell = Math.max(3, Math.min(16, 104 / columns, 120 / rows));
  const label = `heat map, ${factsOf(array).join(", ")}`;
  const image = element("img", { src: pictureOf(place, array), alt: label, class: "heat", draggable: "false",
    style: `width: ${Math.round(Math.max(columns * cell, 12))}px; height: ${Math.round(Math.max(rows * cell, 12))}px` });
  image.cellAt = (x, y) => {
    const box = image.getBoundingClientRect();
    const j = Math.min(columns - 1, Math.max(0, Math.floor(((x - box.left) / box.width) * columns)));
    const i = Math.min(rows - 1, Math.max(0, Math.floor(((y - box.top) / box.height) * rows)));
    return i * columns + j;
  };
  return image;
}

// Return the text for a cell at the pointer: its place, and its number or the mean of its block.
function cellText(array, index) {
  const { rows, columns, cells } = gridOf(array);
  if (index >= cells.length) return "";
  const i = Math.floor(index / columns), j = index % columns;
  const block = array.block || [1, 1], exact = block[0] === 1 && block[1] === 1;
  const range = (k, size, end) => (size === 1 ? `${k}` : `${k * size}:${Math.min((k + 1) * size, end)}`);
  const columnEnd = array.shape[array.shape.length - 1], rowEnd = array.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const row = range(i, block[0], rowEnd), column = range(j, block[1], columnEnd);
  const where = array.shape.length > 1 ? `${row}, ${column}` : column;
  return `[${where}] ${exact ? "=" : "mean"} ${digits(array.numbers ? array.numbers[index] : cells[index])}`;
}
