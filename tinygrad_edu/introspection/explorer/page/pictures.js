// Arrays as pictures: tables of numbers, heat maps, and images side by side.

let NEGATIVE, POSITIVE, ZERO, BROKEN; // the colours of numbers, which are the theme's

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

// Return how images of an array are laid in rows, in a space that is so many times as wide as high.
function mosaicOf({ images, rows, columns }, ratio = 2) {
  const wide = Array.from({ length: images }, (_, i) => i + 1);
  const scale = (n) => Math.min(ratio / (n * (columns + 1)), 1 / (Math.ceil(images / n) * (rows + 1)));
  const across = wide.reduce((best, n) => (scale(n) > scale(best) * 1.001 ? n : best), 1);
  const down = Math.ceil(images / across);
  return { across, down, width: across * (columns + 1) - 1, height: down * (rows + 1) - 1 };
}

// A picture with a pixel for each cell, as the address of an image; each is made once.
const pictures = new Map();
function pictureOf(place, array, ratio) {
  const key = `${place} ${ZERO} ${ratio}`;
  if (!pictures.has(key)) {
    pictures.set(key, paint(gridOf(array), ratio));
  }
  return pictures.get(key);
}

function paint(grid, ratio) {
  const { rows, columns, cells, largest } = grid, { across, width, height } = mosaicOf(grid, ratio);
  const canvas = Object.assign(document.createElement("canvas"), { width: width || 1, height: height || 1 });
  const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
  cells.forEach((x, i) => {
    const n = Math.floor(i / (rows * columns)), row = Math.floor(i / columns) % rows;
    const at = ((Math.floor(n / across) * (rows + 1) + row) * width + (n % across) * (columns + 1) + (i % columns)) * 4;
    image.data.set([...colour(x, largest), 255], at);
  });
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
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
  e.querySelectorAll("[data-array]").forEach(writeNumber);
  return e;
}

// Write a number in a formula as it is now; one that stands behind a sign has parentheses if it is negative.
function writeNumber(row) {
  const x = DATA.arrays[Number(row.getAttribute("data-array"))].numbers[0], text = digits(x);
  const number = `<mn>${text}</mn>`, inner = row.querySelector(".coming") ?? row;
  inner.innerHTML = row.hasAttribute("data-signed") && text.startsWith("−") ? `<mo>(</mo>${number}<mo>)</mo>` : number;
}

// The body of a card: a number, tables of few numbers, or a heat map.
const FEW = { all: 64, rows: 8, columns: 8 }, FEWER = { all: 2, rows: 1, columns: 2 };
function arrayElement(place, array, most = FEW) {
  const { shape, numbers } = array;
  if (!isKnown(array)) return element("p", { class: "unknown" }, "?");
  if (isNumber(array)) return element("p", { class: "number" }, digits(numbers[0], 6));
  if (!shape.length || shape.includes(0)) return element("p", { class: "unknown" }, "no numbers");
  const columns = shape.length === 1 ? rowOf(shape[0], most.columns) : shape.at(-1); // a long vector takes several rows
  const size = shape.length > 2 ? columns * shape.at(-2) : shape.reduce((a, b) => a * b, 1); // that of each matrix
  if (!numbers || numbers.length > most.all || columns > most.columns || size / columns > most.rows) return heatMap(place, array);
  const { largest } = gridOf(array), tables = [];
  for (let start = 0; start < numbers.length; start += size)
    tables.push(numberTable(numbers, start, start + size, columns, largest, columns > 6 || most === FEWER ? brief : (x) => digits(x, columns > 3 ? 3 : 4)));
  return tables.length === 1 ? tables[0] : element("div", { class: "matrices" }, ...tables);
}

const rowOf = (n, most) => (n <= Math.min(5, most) ? n : n > 40 || most < 5 ? most : n % 5 === 0 ? 5 : 4);

function numberTable(numbers, start, end, columns, largest, write) {
  const body = element("tbody");
  for (let first = start; first < end; first += columns) {
    const row = element("tr");
    for (let i = first; i < Math.min(first + columns, end); i++) {
      const x = numbers[i], t = largest && typeof x === "number" ? x / largest : 0;
      const shade = `background: rgba(${t < 0 ? NEGATIVE : POSITIVE}, ${(Math.abs(t) * 0.3).toFixed(3)})`;
      row.append(element("td", { "data-cell": i, style: shade }, write(x)));
    }
    body.append(row);
  }
  return element("table", { class: `numbers${columns > 6 ? " dense" : columns > 4 ? " many" : ""}` }, body);
}

const WIDE = 232, HIGH = 116; // the room for a picture

function heatMap(place, array) {
  const grid = gridOf(array), { rows, columns } = grid, images = isImages(array), { across, width, height } = mosaicOf(grid);
  const cell = Math.max(images ? 0.5 : 2, Math.min(images ? 24 : 16, (images ? WIDE : 112) / width, HIGH / height));
  const all = images && imagesIn(array.shape)[0] > grid.images ? `, ${grid.images} of ${imagesIn(array.shape)[0]} images` : "";
  const label = `${images ? "images" : "heat map"}, ${factsOf(array).join(", ")}${all}`;
  const image = element("img", { src: pictureOf(place, array), alt: label, title: all.slice(2), class: "heat", draggable: "false",
    style: `width: ${Math.round(Math.max(width * cell, 12))}px; height: ${Math.round(Math.max(height * cell, 12))}px` });
  image.cellAt = (x, y) => {
    const box = image.getBoundingClientRect(), limit = (n, end) => Math.min(end - 1, Math.max(0, Math.floor(n)));
    const px = limit(((x - box.left) / box.width) * width, width), py = limit(((y - box.top) / box.height) * height, height);
    const n = Math.floor(py / (rows + 1)) * across + Math.floor(px / (columns + 1));
    return (n * rows + limit(py % (rows + 1), rows)) * columns + limit(px % (columns + 1), columns);
  };
  return image;
}
