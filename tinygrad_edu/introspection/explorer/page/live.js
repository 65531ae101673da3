// The page's numbers, computed again. The leaves can be changed; the program, which was recorded from the engine, computes
// every value and every gradient that follows from them. No derivative is written here.

const TYPES = { float64: Float64Array, float32: Float32Array };
const LEAVES = ((program && DATA.live.leaves) || []).map(({ box, numbers, gradient, learns }) => {
  const { shape, dtype } = arrayAt(DATA.boxes[box].value), bytes = Uint8Array.from(atob(numbers), (c) => c.charCodeAt(0));
  const start = new TYPES[dtype](bytes.buffer);
  return { box, name: boxName(box), gradient, shape, start, now: start.slice(), learns };
});
let results = []; // of the program, in the order of DATA.live.arrays

const compute = () => program(...LEAVES.map((leaf) => leaf.now));
const numbersAt = (place) => results[DATA.live.arrays.indexOf(place)];
const isChanged = () => LEAVES.some(({ start, now }) => now.some((x, i) => x !== start[i]));

// Return the sum of all results, which is what the gradients are of.
const costNow = () => DATA.live.results.flatMap((place) => [...(numbersAt(place) ?? DATA.arrays[place].numbers)]).reduce((a, b) => a + b, 0);

// Return the gradient of a number of a leaf; null if it gets none.
const gradientAt = (leaf, i) => (leaf.gradient === null ? null : (numbersAt(leaf.gradient) ?? DATA.arrays[leaf.gradient].numbers)[i]);

// Compute everything again.
function recompute() {
  results = compute();
  DATA.live.arrays.forEach((place, n) => (DATA.arrays[place] = describeArray(results[n], DATA.arrays[place])));
}

// Return whether the page can compute its numbers: it has a program, and this gives what the engine gave. Where numbers
// cancel, only rounding errors are left, which may differ; so what is small among all numbers of the page may be off.
function isLive() {
  if (!LEAVES.length) return false;
  results = compute();
  const largest = (numbers) => numbers.reduce((a, x) => (Number.isFinite(x) ? Math.max(a, Math.abs(x)) : a), 0);
  const ofAll = results.reduce((a, numbers) => Math.max(a, largest(numbers)), 0);
  return DATA.live.arrays.every((place, n) => {
    const { numbers, dtype } = DATA.arrays[place], precision = dtype === "float32" ? 1e-4 : 1e-7;
    const most = numbers && precision * (largest(numbers) + 0.01 * ofAll);
    return !numbers || numbers.every((x, i) => !Number.isFinite(x) || Math.abs(x - results[n][i]) <= most);
  });
}

// ------------------------------------------------------------------------------- arrays as data, as the program writes them

const ALL = 64, SIDE = 32, CELLS = 6400; // numbers that are all kept; cells along a side of a thumbnail; cells of all its images

const asData = (x) => (Number.isFinite(x) ? x : Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf");

function describeArray(numbers, { shape, dtype }) {
  const facts = { shape, dtype, ...(shape.length ? statistics(numbers) : {}) };
  return numbers.length <= ALL ? { ...facts, numbers: Array.from(numbers, asData) } : { ...facts, ...thumbnail(numbers, shape) };
}

function statistics(numbers) {
  let [min, max, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (const x of numbers) (min = Math.min(min, x)), (max = Math.max(max, x)), (sum += x), (squares += x * x);
  return Object.fromEntries(Object.entries({ min, mean: sum / numbers.length, max, norm: Math.sqrt(squares) }).map(([k, x]) => [k, asData(x)]));
}

// The means of an array's blocks; of arrays of images, of some of them.
function thumbnail(numbers, shape) {
  const images = imagesIn(shape), [all, height, width] = images ?? [1, numbers.length / shape.at(-1), shape.at(-1)];
  const shown = images ? Math.min(all, Math.max(1, Math.min(SHOWN, Math.floor(CELLS / Math.min(height * width, CELLS))))) : 1;
  const [down, across] = [Math.ceil(height / SIDE), Math.ceil(width / SIDE)];
  const [rows, columns] = [Math.ceil(height / down), Math.ceil(width / across)];
  const cells = new Array(shown * rows * columns).fill(0), counts = cells.slice();
  for (let n = 0; n < shown; n++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        const cell = (n * rows + Math.floor(i / down)) * columns + Math.floor(j / across);
        cells[cell] += numbers[(n * height + i) * width + j];
        counts[cell] += 1;
      }
  const means = cells.map((x, i) => x / counts[i]);
  const largest = means.reduce((a, x) => (Number.isFinite(x) ? Math.max(a, Math.abs(x)) : a), 0);
  return { cells: means, grid: images ? [shown, rows, columns] : [rows, columns], block: [down, across], largest };
}
