// Arrays as data. An array is given by its shape, its dtype, and either all its `numbers` or the `cells` of a thumbnail:
// means of blocks, whole numbers in units of `largest` / FULL. Of arrays of images a thumbnail holds some, one by one.

const DATA = JSON.parse(document.getElementById("data").textContent);

const FULL = 32000, NAN = -32768, INFINITE = 32767;
const DIGIT = 784, SHOWN = 16; // rows of so many numbers are digits; so many images of an array are shown at most

// Return a number as text with this many significant digits and a true minus sign, as a power of ten if that is shorter.
// What JSON lacks comes as text.
function digits(x, n = 4) {
  if (typeof x === "string") return x.replace(/-/g, "−");
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x).replace("-", "−");
  const [plain, power] = [x.toPrecision(n), x.toExponential(n - 1)].map((text) => {
    const [mantissa, exponent] = text.split("e"), short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return (exponent === undefined ? short : `${short}e${Number(exponent)}`).replace(/-/g, "−");
  });
  return power.length < plain.length ? power : plain;
}

// Return a number in as few letters as a full table has room for.
const brief = (x) => (typeof x === "number" && x !== 0 && Math.abs(x) < 0.01 ? x.toExponential(0).replace(/-/g, "−") : digits(x, 2));

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

// Return how many images, of what height and width, an array holds, or null if it is a matrix, or simpler.
function imagesIn(shape) {
  const n = shape.length, product = (lengths) => lengths.reduce((a, b) => a * b, 1);
  if ((n === 1 || n === 2) && shape[n - 1] === DIGIT) return [product(shape.slice(0, -1)), 28, 28];
  return n > 2 ? [product(shape.slice(0, -2)), ...shape.slice(-2)] : null;
}

const isImages = (array) => imagesIn(array.shape) !== null;

function decodeCells({ cells, largest }) {
  const bytes = Uint8Array.from(atob(cells), (c) => c.charCodeAt(0));
  return Array.from(new Int16Array(bytes.buffer), (w) =>
    w === NAN ? NaN : Math.abs(w) === INFINITE ? Math.sign(w) * Infinity : (w / FULL) * largest);
}

// The cells of an array: how many images, rows and columns are shown, and the number in each.
function gridOf(array) {
  if (array.grid) {
    const cells = typeof array.cells === "string" ? decodeCells(array) : array.cells;
    const [columns, rows, images = 1] = [...array.grid].reverse();
    return { images, rows, columns, cells, largest: array.largest };
  }
  const found = imagesIn(array.shape), last = array.shape.length ? array.shape[array.shape.length - 1] : 1;
  const [all, rows, columns] = found ?? [1, array.numbers.length / (last || 1), last];
  const images = Math.min(all, SHOWN);
  const cells = array.numbers.slice(0, images * rows * columns).map((x) => (typeof x === "string" ? parseFloat(x.replace("inf", "Infinity")) : x));
  const finite = cells.filter(Number.isFinite).map(Math.abs);
  return { images, rows, columns, cells, largest: finite.reduce((a, b) => Math.max(a, b), 0) };
}

// Return the text for a cell at the pointer: its place, and its number or the mean of its block.
function cellText(array, index) {
  const { rows, columns, cells } = gridOf(array), { shape } = array;
  if (index >= cells.length) return "";
  const image = Math.floor(index / (rows * columns)), i = Math.floor(index / columns) % rows, j = index % columns;
  const block = array.block || [1, 1], exact = block[0] === 1 && block[1] === 1;
  const range = (k, size, end) => (size === 1 ? `${k}` : `${k * size}:${Math.min((k + 1) * size, end)}`);
  let where;
  if (shape.length < 3 && isImages(array)) {
    where = [...(shape.length === 2 ? [image] : []), i * columns + j];
  } else {
    const outer = [];
    for (let rest = image, k = shape.length - 3; k >= 0; k--) outer.unshift(rest % shape[k]), (rest = Math.floor(rest / shape[k]));
    const row = range(i, block[0], shape[shape.length - 2]), column = range(j, block[1], shape[shape.length - 1]);
    where = shape.length > 1 ? [...outer, row, column] : [column];
  }
  return `[${where.join(", ")}] ${exact ? "=" : "mean"} ${digits(array.numbers ? array.numbers[index] : cells[index])}`;
}
