// The window of a convolution, or of pooling, as it moves over the first image: for each place one number of the result.

let sliding = 0; // the timer of the window that moves
const reached = { step: null, n: 0 }; // where it is

// Return the figure for a step of such an operation, or null for others.
function windowOf(step) {
  clearInterval(sliding);
  const { window: how, value } = DATA.boxes[step.lit[0]] ?? {}, given = step.arguments?.[0];
  if (!how || step.module !== undefined || given === undefined) return null;
  const input = arrayAt(DATA.boxes[given].value), output = arrayAt(value);
  if (!isKnown(input) || !isKnown(output) || how.size.length > 2) return null;
  const flat = how.size.length === 1, [high, wide] = pair(how.size); // of signals, the rows are channels
  const [height, width] = input.shape.slice(-2);
  const unit = Math.max(2, Math.min(10, 150 / width, 150 / height));
  const from = plane(input, unit), to = plane(output, unit);
  const place = element("p", { class: "words" });
  const move = (n) => {
    const at = [Math.floor(n / wide), n % wide], kernel = pair(how.kernel), dilation = pair(how.dilation);
    const start = at.map((k, axis) => k * pair(how.stride)[axis] - pair(how.before, 0)[axis]);
    const size = kernel.map((k, axis) => (k - 1) * dilation[axis] + 1);
    from.mark(start, flat ? [height, size[1]] : size);
    to.mark(at, flat ? [output.shape.at(-2), 1] : [1, 1]);
    place.textContent = `The window at ${start.slice(flat ? 1 : 0).join(", ")} gives the number at ${at.slice(flat ? 1 : 0).join(", ")}.`;
  };
  if (reached.step !== step) Object.assign(reached, { step, n: 0 });
  move(reached.n);
  const slide = () => (document.body.contains(place) ? move((reached.n = (reached.n + 1) % (high * wide))) : clearInterval(sliding));
  if (!calm.matches) sliding = setInterval(slide, Math.max(60, 9000 / (high * wide)));
  to.figure.addEventListener("pointermove", (e) => {
    clearInterval(sliding);
    const box = to.picture.getBoundingClientRect();
    const limit = (x, end) => Math.max(0, Math.min(end - 1, Math.floor(x)));
    move((reached.n = limit(((e.clientY - box.top) / box.height) * high, high) * wide + limit(((e.clientX - box.left) / box.width) * wide, wide)));
  });
  return element("div", { class: "sliding" }, element("div", { class: "flow" }, from.figure, sign("→", "gives"), to.figure), place);
}

// Lengths for height and width: of one axis, the height is 1; or what is given for it.
const pair = (lengths, missing = 1) => (lengths.length === 1 ? [missing, lengths[0]] : lengths);

// The first image of an array, with a frame to be moved over it.
function plane(array, unit) {
  const [rows, columns] = array.shape.slice(-2), grid = gridOf(array), first = { ...grid, images: 1, cells: grid.cells.slice(0, grid.rows * grid.columns) };
  const size = `width: ${Math.round(columns * unit)}px; height: ${Math.round(rows * unit)}px`;
  const picture = element("img", { class: "heat", alt: `the first image of ${shapeText(array.shape)}`, style: size, draggable: "false",
    src: paint(first, columns / rows) });
  const mark = element("i", { class: "mark" }), holder = element("div", { class: "under" }, picture, mark);
  return {
    picture, figure: element("figure", { class: "plane" }, holder),
    mark([y, x], [height, width]) {
      mark.style.cssText = `left: ${x * unit}px; top: ${y * unit}px; width: ${width * unit}px; height: ${height * unit}px`;
    },
  };
}
