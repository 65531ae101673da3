// The pane where leaves are changed: a control for each number, which can be dragged, typed, and stepped by keys.

const INLINE = 16; // numbers of a leaf that all have a control; of larger ones, one is picked
const picked = { leaf: null, i: 0 }; // the number that was touched last: what a nudge moves

// Return what the user calls a number of a leaf, such as w[0, 1].
function numberName(leaf, i) {
  const index = [];
  for (let rest = i, k = leaf.shape.length - 1; k >= 0; k--) index.unshift(rest % leaf.shape[k]), (rest = Math.floor(rest / leaf.shape[k]));
  return index.length ? `${leaf.name}[${index.join(", ")}]` : leaf.name;
}

// Return by how much a key changes a number: a power of ten that suits all numbers of the leaf.
function stepOfLeaf({ start }) {
  const largest = start.reduce((a, x) => (Number.isFinite(x) ? Math.max(a, Math.abs(x)) : a), 0);
  return largest ? 10 ** Math.floor(Math.log10(largest) - 1) : 0.1;
}

// A control for one number. `at` returns which, as that of a large leaf can change.
function numberControl(leaf, at) {
  const step = stepOfLeaf(leaf), input = element("input", { type: "number", step, class: "scrub", inputmode: "decimal" });
  const write = (x) => {
    if (!Number.isFinite(x)) return;
    leaf.now[at()] = x;
    touched();
  };
  const touched = () => {
    [picked.leaf, picked.i] = [leaf, at()];
    changed();
  };
  input.show = () => {
    input.setAttribute("aria-label", numberName(leaf, at()));
    input.title = `${numberName(leaf, at())}: drag it, type, or use the arrow keys`;
    const x = leaf.now[at()];
    input.placeholder = Number.isFinite(x) ? "" : asData(x);
    if (document.activeElement !== input || input.dragging) input.value = Number.isFinite(x) ? Number(x.toPrecision(4)) : "";
    input.classList.toggle("picked", picked.leaf === leaf && picked.i === at());
  };
  input.addEventListener("input", () => input.value !== "" && write(Number(input.value)));
  input.addEventListener("focus", () => { [picked.leaf, picked.i] = [leaf, at()]; showControls(); });
  input.addEventListener("blur", input.show);
  input.addEventListener("pointerdown", (e) => {
    const x = e.clientX, start = leaf.now[at()];
    const move = (to) => {
      const moved = to.clientX - x;
      if (!input.dragging && Math.abs(moved) < 4) return;
      input.dragging = true;
      to.preventDefault();
      write(start + Math.round((moved / 4) * (to.shiftKey ? 0.1 : 1) * 10) / 10 * step);
    };
    const end = () => {
      input.dragging = false;
      input.show();
      for (const [event, listener] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) removeEventListener(event, listener);
    };
    for (const [event, listener] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) addEventListener(event, listener);
  });
  return input;
}

// The controls of a leaf: all its numbers, or for a large one a heat map to pick from, its index, and that number.
function leafControls(leaf) {
  const group = element("fieldset", { class: leaf.learns ? "leaf" : "constant" }, element("legend", {}, leaf.name));
  if (leaf.now.length <= INLINE) {
    const shape = leaf.shape.length < 2 ? { class: "row" } : { class: "grid", style: `--columns: ${leaf.shape.at(-1)}` };
    group.append(element("div", shape, ...Array.from(leaf.now, (_, i) => numberControl(leaf, () => i))));
    return group;
  }
  let at = 0;
  const number = numberControl(leaf, () => at), picture = element("div", { class: "pick" });
  const axes = leaf.shape.map((n, k) => element("input", { type: "number", min: 0, max: n - 1, value: 0, "aria-label": `${leaf.name}, index along axis ${k}` }));
  const pick = (i) => {
    at = i;
    for (let rest = i, k = axes.length - 1; k >= 0; k--) (axes[k].value = rest % leaf.shape[k]), (rest = Math.floor(rest / leaf.shape[k]));
    [picked.leaf, picked.i] = [leaf, at];
    showControls();
  };
  axes.forEach((axis) => axis.addEventListener("input", () => {
    const index = axes.map((a, k) => Math.max(0, Math.min(leaf.shape[k] - 1, Math.floor(Number(a.value) || 0))));
    at = index.reduce((sum, n, k) => sum * leaf.shape[k] + n, 0);
    [picked.leaf, picked.i] = [leaf, at];
    showControls();
  }));
  group.draw = () => picture.replaceChildren(arrayElement(DATA.boxes[leaf.box].value, arrayAt(DATA.boxes[leaf.box].value), FEWER));
  picture.addEventListener("click", (e) => {
    const cell = e.target.cellAt?.(e.clientX, e.clientY);
    if (cell !== undefined && cell !== null) pick(numberInCell(leaf.shape, arrayAt(DATA.boxes[leaf.box].value), cell));
  });
  group.append(picture, element("div", { class: "at" }, "[", ...axes.flatMap((axis, k) => (k ? [", ", axis] : [axis])), "] =", number));
  return group;
}

// Return the first number of the block that a cell of the picture shows.
function numberInCell(shape, array, cell) {
  const { rows, columns } = gridOf(array), [, height, width] = imagesIn(shape) ?? [1, 0, shape.at(-1)], [down, across] = array.block ?? [1, 1];
  const image = Math.floor(cell / (rows * columns)), i = Math.floor(cell / columns) % rows, j = cell % columns;
  return image * height * width + i * down * width + j * across;
}

function showControls() {
  document.querySelectorAll("#change .scrub").forEach((input) => input.show());
}

// ------------------------------------------------------------------------------------------- what follows from a change

let waiting = false;
function changed() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    recompute();
    redraw();
    showChange();
  });
}

function showChange() {
  showControls();
  document.querySelectorAll("#change fieldset").forEach((group) => group.draw?.());
  $("reset").disabled = !isChanged() && !descent.costs.length;
  $("cost").replaceChildren(isLiveNow ? `${DATA.title} = ${digits(costNow(), 5)}` : "");
  $("whole-note").hidden = !isChanged();
  drawCurve();
}

function reset() {
  stopDescent();
  descent.costs = [];
  for (const leaf of LEAVES) leaf.now.set(leaf.start);
  say("");
  changed();
}

const say = (...words) => $("said").replaceChildren(...words);

let isLiveNow = false;
function beginChange() {
  isLiveNow = isLive();
  $("tab-source").addEventListener("click", () => go({ pane: "source" }));
  $("tab-change").addEventListener("click", () => go({ pane: "change" }));
  if (!isLiveNow) {
    const why = DATA.live.reason ? `: ${DATA.live.reason}` : ", as it can't compute them as the program did";
    $("change").replaceChildren(element("p", { class: "words" }, `The numbers of this page can't be changed${why}.`));
    return;
  }
  const inOrder = [...LEAVES].sort((a, b) => b.learns - a.learns); // what descends is what one came for
  [picked.leaf] = inOrder;
  $("leaves").replaceChildren(...inOrder.map(leafControls));
  if (DATA.live.fixed.length) $("leaves").append(element("p", { class: "remark" }, `Masks and indices (${DATA.live.fixed.join(", ")}) stay as they were, even if the program had computed them from these numbers.`));
  $("reset").addEventListener("click", reset);
  $("nudge").addEventListener("click", nudge);
  listenToDescent();
  listenToGuess();
  showChange();
}
