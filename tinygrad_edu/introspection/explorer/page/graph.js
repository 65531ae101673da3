// The graph: boxes and arrows where Graphviz put them, lit as the state says. It is drawn once for each of the two
// layouts; each step changes only classes, gradients and the visible part.

const SVG = "http://www.w3.org/2000/svg";
const canvas = document.querySelector("#graph svg");
const graph = { way: null, boxes: [], arrows: [], view: null };

function svg(kind, attributes = {}, ...children) {
  const e = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

// Return the one of the two layouts that can be drawn larger here.
function bestWay() {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = ({ size }) => Math.min(width / (size[0] + 24), height / (size[1] + 24), LARGEST);
  const { LR, TB } = DATA.layouts;
  return scale(TB) > scale(LR) * 1.05 ? "TB" : "LR";
}
const LARGEST = 1.5, LEGIBLE = 0.6, COMFORTABLE = 0.8; // scales: not larger than this; smaller than that boxes can't be read

function drawGraph() {
  graph.way = bestWay();
  const { boxes, arrows, clusters } = DATA.layouts[graph.way];
  const size = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse" };
  const marker = (name) => svg("marker", { id: `tip-${name}`, class: `tip ${name}`, ...size, orient: "auto-start-reverse" },
    svg("path", { d: "M0 0.5 8 4 0 7.5z" }));
  graph.arrows = arrows.map((d) => svg("path", { d, class: "arrow" }));
  graph.boxes = boxes.map(drawBox);
  graph.spark = svg("circle", { r: 5, class: "spark", visibility: "hidden" });
  canvas.replaceChildren(
    svg("defs", {}, ...["idle", "done", "forward", "backward"].map(marker)),
    svg("g", { class: "clusters" }, ...clusters.map(drawCluster)),
    svg("g", { class: "arrows" }, ...graph.arrows),
    svg("g", { class: "boxes" }, ...graph.boxes),
    graph.spark,
  );
}

function drawCluster([x, y, width, height], i) {
  const title = svg("text", { x: x + 9, y: y + 14 });
  title.textContent = DATA.clusters[i];
  return svg("g", { class: "cluster" }, svg("rect", { x, y, width, height, rx: 10 }), title);
}

// A box: its name, what it does, its value, and room for its gradient.
function drawBox([x, y], i) {
  const { kind, name, operation } = DATA.boxes[i], [title, does] = DATA.titles[i];
  const width = DATA.widths[i], height = DATA.height, left = x - width / 2, top = y - height / 2;
  const frame = (inset, kind) => svg("rect", { class: kind, x: left + inset, y: top + inset, width: width - 2 * inset,
    height: height - 2 * inset, rx: 8 - inset });
  const text = (content, x, y, kind) => Object.assign(svg("text", { x, y, class: kind }), { textContent: content });
  const g = svg("g", { class: `box ${kind}`, tabindex: 0, role: "button", "data-box": i,
    "aria-label": `${name}${operation ? `, ${operation}` : ""}: its story` },
    Object.assign(svg("title"), { textContent: operation ? `${name} = ${operation}(…)` : name }),
    frame(-4, "halo"), frame(0, "frame"), ...(kind === "result" ? [frame(3, "second")] : []),
    text(title, left + 9, top + 17, "name"), text(does, left + width - 9, top + 17, "does"));
  g.value = svg("g", { class: "value" });
  g.gradient = svg("g", { class: "gradient" });
  g.append(g.value, g.gradient);
  fillCell(g.value, DATA.boxes[i].value, left + 6, top + 23, width / 2 - 8);
  g.place = { left, top, width, height };
  return g;
}

// A number, or a small heat map.
function fillCell(cell, value, x, y, width) {
  const place = placesOf(value)[0], array = DATA.arrays[place], height = DATA.height - 29;
  const room = svg("rect", { x, y, width, height, rx: 3, class: "room" });
  let shown;
  if (isKnown(array) && !isNumber(array) && array.shape.length && !array.shape.includes(0)) {
    shown = svg("image", { x, y, width, height, href: pictureOf(place, array), preserveAspectRatio: "none" });
  } else {
    shown = svg("text", { x: x + width / 2, y: y + 12.5 });
    shown.textContent = isNumber(array) ? digits(array.numbers[0], width > 52 ? 4 : 3) : shapeText(array.shape);
  }
  cell.replaceChildren(room, shown);
  cell.shows = value;
}

// ------------------------------------------------------------------------------------------ light

// Which boxes have been computed by now, what gradients there are, and what lies on the path so far.
function lightGraph(state) {
  const step = DATA.steps[state.step], now = situation(state.step), way = isBackward(step) ? "backward" : "forward";
  graph.boxes.forEach((g, i) => {
    const { left, top, width } = g.place, gradient = now.gradients[i];
    g.classList.toggle("future", now.computed[i] > state.step);
    g.classList.toggle("lit", step.lit.includes(i) && state.story === null);
    g.classList.toggle("target", step.to === i && state.story === null);
    g.classList.toggle("told", state.story === i);
    g.classList.toggle("passed", now.passed[i]);
    g.classList.toggle("waiting", gradient !== undefined && !now.passed[i] && DATA.boxes[i].operation !== "");
    if (g.gradient.shows === gradient) return;
    if (gradient !== undefined) fillCell(g.gradient, gradient, left + width / 2 + 2, top + 23, width / 2 - 8);
    else g.gradient.replaceChildren(), delete g.gradient.shows;
  });
  graph.arrows.forEach((arrow, i) => {
    const lit = step.arrows.includes(i), back = now.backward.has(i);
    const kind = lit ? way : back ? "backward" : now.forward.has(i) ? "done" : "idle";
    arrow.setAttribute("class", `arrow ${kind}${lit ? " lit" : ""}`);
    arrow.setAttribute("marker-end", kind === "backward" ? "" : `url(#tip-${kind})`);
    arrow.setAttribute("marker-start", kind === "backward" ? "url(#tip-backward)" : "");
  });
  canvas.dataset.phase = way;
  follow([...(step.phase === "given" || step.phase === "end" ? [] : step.lit), ...(step.to === undefined ? [] : [step.to])]);
}

// Animate the arrow that is lit, in the direction of the numbers.
function sparkle(state, calm) {
  const step = DATA.steps[state.step];
  if (calm || step.arrows.length !== 1 || state.story !== null) return;
  const path = graph.arrows[step.arrows[0]], length = path.getTotalLength();
  const back = isBackward(step), start = performance.now();
  graph.spark.setAttribute("class", `spark ${back ? "backward" : "forward"}`);
  graph.spark.setAttribute("visibility", "visible");
  const run = (graph.run = (time) => {
    const t = Math.min(1, (time - start) / 520), eased = t * t * (3 - 2 * t);
    if (t === 1 || graph.run !== run) return void (graph.run === run && graph.spark.setAttribute("visibility", "hidden"));
    const { x, y } = path.getPointAtLength(length * (back ? 1 - eased : eased));
    graph.spark.setAttribute("cx", x);
    graph.spark.setAttribute("cy", y);
    requestAnimationFrame(run);
  });
  requestAnimationFrame(run);
}

// ------------------------------------------------------------------------------------- the visible part

// The view is a rectangle of the graph: its middle, and the scale.
function look(view) {
  graph.view = view;
  const width = canvas.clientWidth / view.scale, height = canvas.clientHeight / view.scale;
  canvas.setAttribute("viewBox", `${view.x - width / 2} ${view.y - height / 2} ${width} ${height}`);
}

function fitAll() {
  const [width, height] = DATA.layouts[graph.way].size;
  const scale = Math.min(canvas.clientWidth / (width + 24), canvas.clientHeight / (height + 24), LARGEST);
  look({ x: width / 2, y: height / 2, scale: Math.max(scale, 0.02) });
}

// Show the whole graph at first, or a part of it if the whole would be too small to read.
function firstLook() {
  fitAll();
  if (graph.view.scale < LEGIBLE) look({ ...graph.view, scale: COMFORTABLE });
}

// Move the view if these boxes can't be seen.
function follow(boxes) {
  if (!boxes.length || !graph.view) return;
  const places = boxes.map((i) => graph.boxes[i].place);
  const left = Math.min(...places.map((p) => p.left)), right = Math.max(...places.map((p) => p.left + p.width));
  const top = Math.min(...places.map((p) => p.top)), bottom = Math.max(...places.map((p) => p.top + p.height));
  const { x, y, scale } = graph.view;
  const halfWidth = canvas.clientWidth / scale / 2 - 8, halfHeight = canvas.clientHeight / scale / 2 - 8;
  const seen = left >= x - halfWidth && right <= x + halfWidth && top >= y - halfHeight && bottom <= y + halfHeight;
  if (!seen) look({ x: (left + right) / 2, y: (top + bottom) / 2, scale });
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const { view } = graph, scale = Math.min(4, Math.max(0.05, view.scale * factor));
  const dx = x - canvas.clientWidth / 2, dy = y - canvas.clientHeight / 2; // this point stays where it is
  look({ x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale });
}

// Dragging with one pointer, pinching with two, turning the wheel; a click that doesn't move shows a box's story.
function listenToGraph(tell) {
  const pointers = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", (e) => { pointers.set(e.pointerId, e); moved = 0; });
  window.addEventListener("pointermove", (e) => {
    const before = pointers.get(e.pointerId);
    if (!before) return;
    const dx = e.clientX - before.clientX, dy = e.clientY - before.clientY, { view } = graph;
    moved += Math.abs(dx) + Math.abs(dy);
    if (pointers.size === 1 && moved > 4) {
      look({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale });
        } else if (pointers.size === 2) {
      const [other] = [...pointers.values()].filter((p) => p.pointerId !== e.pointerId);
      const box = canvas.getBoundingClientRect();
      const apart = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
      zoom(apart(e) / apart(before), (e.clientX + other.clientX) / 2 - box.left, (e.clientY + other.clientY) / 2 - box.top);
    }
    pointers.set(e.pointerId, e);
  });
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, (e) => pointers.delete(e.pointerId));
  canvas.addEventListener("wheel", (e) => { // with Ctrl, as everywhere, it zooms; else it moves what can be moved
    const box = canvas.getBoundingClientRect(), { view } = graph, [width, height] = DATA.layouts[graph.way].size;
    const all = width * view.scale <= box.width && height * view.scale <= box.height;
    if (!e.ctrlKey && all) return; // and the page scrolls
    e.preventDefault();
    if (e.ctrlKey) zoom(Math.exp(-e.deltaY * 0.01), e.clientX - box.left, e.clientY - box.top);
    else look({ ...view, x: view.x + e.deltaX / view.scale, y: view.y + e.deltaY / view.scale });
  }, { passive: false });
  const boxOf = (e) => e.target.closest("[data-box]");
  canvas.addEventListener("click", (e) => { if (boxOf(e) && moved <= 4) tell(Number(boxOf(e).dataset.box)); });
  canvas.addEventListener("keydown", (e) => {
    if (!boxOf(e) || (e.key !== "Enter" && e.key !== " ")) return;
    e.preventDefault();
    e.stopPropagation();
    tell(Number(boxOf(e).dataset.box));
  });
}
