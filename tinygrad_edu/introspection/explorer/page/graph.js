// The graph: boxes, folded modules, frames of open ones, and arrows, lit as the state says. It is drawn afresh when something
// is folded; each step changes only classes, gradients and the visible part.

const SVG = "http://www.w3.org/2000/svg";
const canvas = document.querySelector("#graph svg");
const graph = { way: null, layouts: {}, items: new Map(), arrows: [], view: null };
const LETTER = 7.2, NARROWEST = 108, HEIGHT = 46, TALL = 62, QUIET = 22; // of boxes, in the page's pixels

function svg(kind, attributes = {}, ...children) {
  const e = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

const text = (content, x, y, kind) => Object.assign(svg("text", { x, y, class: kind }), { textContent: content });

// Lay out what is to be seen, in both ways; the one is drawn that can be drawn larger here.
function unfoldGraph(state) {
  const { items, frames, arrows } = itemsOf(state);
  for (const item of items) Object.assign(item, sizeOf(item));
  for (const frame of frames) frame.room = 36 + 5.9 * frameTitle(frame.key).length;
  graph.shown = { items, frames, arrows };
  const lay = remember((way) => layOut(items, frames, arrows.map(({ ends }) => ends), way));
  graph.layoutOf = lay;
  drawGraph();
}

function sizeOf({ key, boxes: [i] }) {
  if (isModule(key)) {
    const { class: kind } = moduleOf(key), name = moduleTitle(numberOf(key));
    return { width: Math.max(NARROWEST + 22, 44 + LETTER * 1.16 * Math.max(name.length, kind.length)), height: TALL };
  }
  const [, does] = DATA.letters[i], name = boxTitle(i) === DATA.titles[i][0] ? DATA.letters[i][0] : boxTitle(i).length;
  if (DATA.boxes[i].quiet) return { width: 18 + LETTER * 0.85 * does, height: QUIET };
  return { width: Math.max(NARROWEST, 32 + LETTER * (1.22 * name + 0.92 * does)), height: HEIGHT };
}

// The name of a module without that of the module around it.
function moduleTitle(n) {
  const { name, class: kind, outer } = DATA.folds[n], around = outer === -1 ? "" : `${DATA.folds[outer].name}.`;
  const short = around.length > 1 && name.startsWith(around) ? name.slice(around.length) : name;
  return (short.length > 26 ? `…${short.slice(-25)}` : short) || kind;
}

// The name of a box: within the frame of a module, without that module's name.
function boxTitle(i) {
  const { name } = DATA.boxes[i], around = HOMES[i] === -1 ? "" : `${DATA.folds[HOMES[i]].name}.`;
  return around.length > 1 && name.startsWith(around) ? name.slice(around.length) : DATA.titles[i][0];
}

function bestWay() {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = ({ size }) => Math.min(width / (size[0] + 24), (height - ABOVE) / (size[1] + 16), LARGEST);
  return scale(graph.layoutOf("TB")) > scale(graph.layoutOf("LR")) * 1.05 ? "TB" : "LR";
}

function drawGraph() {
  graph.way = bestWay();
  const { places, borders, paths, size } = graph.layoutOf(graph.way), { items, frames, arrows } = graph.shown;
  Object.assign(graph, { size, borders });
  const tip = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse" };
  const marker = (name) => svg("marker", { id: `tip-${name}`, class: `tip ${name}`, ...tip, orient: "auto-start-reverse" },
    svg("path", { d: "M0 0.5 8 4 0 7.5z" }));
  graph.arrows = arrows.map((arrow, n) => Object.assign(svg("path", { d: paths[n], class: "arrow" }), { stands: arrow.arrows }));
  graph.items = new Map(items.map((item) => [item.key, drawItem(item, places.get(item.key))]));
  graph.spark = svg("circle", { r: 5, class: "spark", visibility: "hidden" });
  const drawn = frames.map(({ key }) => drawFrame(key, borders.get(key)));
  canvas.replaceChildren(
    svg("defs", {}, ...["idle", "done", "forward", "backward"].map(marker)),
    svg("g", { class: "clusters" }, ...drawn.map(({ border }) => border)),
    svg("g", { class: "arrows" }, ...graph.arrows),
    svg("g", { class: "clusters" }, ...drawn.map(({ button }) => button)),
    svg("g", { class: "boxes" }, ...graph.items.values()),
    graph.spark,
  );
}

// The frame of an open module; its title folds it.
function drawFrame(n, { x, y, width, height }) {
  const left = x - width / 2, top = y - height / 2, title = frameTitle(n);
  const button = svg("g", { class: "fold", tabindex: 0, role: "button", "data-fold": n, "aria-label": `fold ${moduleName(n)}` },
    Object.assign(svg("title"), { textContent: `${title}: fold it` }),
    svg("rect", { x: left + 4, y: top + 3, width: 26 + 5.6 * title.length, height: 16, rx: 6 }),
    svg("path", { class: "sign", d: `M${left + 9} ${top + 11}h8` }), text(title, left + 23, top + 15));
  return { border: svg("rect", { class: "border", x: left, y: top, width, height, rx: 10 }), button };
}

function frameTitle(n) {
  const name = moduleTitle(n), { class: kind } = DATA.folds[n];
  return name === kind ? kind : `${name} · ${kind}`;
}

function drawItem(item, { x, y, width, height }) {
  const left = x - width / 2, top = y - height / 2, module = isModule(item.key), [i] = module ? borderOf(numberOf(item.key)).outputs : item.boxes;
  const { kind, name, operation, quiet } = DATA.boxes[i], said = module ? moduleOf(item.key).class : operation;
  const frame = (inset, kind) => svg("rect", { class: kind, x: left + inset, y: top + inset, width: width - 2 * inset,
    height: height - 2 * inset, rx: 8 - inset });
  const spoken = module ? `${moduleName(numberOf(item.key))}, ${said}: unfold it` : `${name}${said ? `, ${said}` : ""}: its story`;
  const g = svg("g", { class: `box ${kind}${module ? " module" : ""}${quiet && !module ? " quiet" : ""}`, tabindex: 0, role: "button",
    [module ? "data-unfold" : "data-box"]: module ? numberOf(item.key) : i, "aria-label": spoken },
    Object.assign(svg("title"), { textContent: module ? `${moduleName(numberOf(item.key))}: unfold it` : said ? `${name} = ${said}(…)` : name }),
    frame(-4, "halo"), ...(module ? [frame(0, "under"), frame(0, "frame")] : [frame(0, "frame")]),
    ...(kind === "result" ? [frame(3, "second")] : []));
  Object.assign(g, { item, shows: i, value: svg("g", { class: "value" }), gradient: svg("g", { class: "gradient" }),
    place: { left, top, width, height }, cells: module ? top + 39 : top + 23 });
  if (quiet && !module) {
    g.append(text(DATA.titles[i][1], x, top + 15, "plumbing"));
    return g;
  }
  if (module) {
    const shape = shapeText(DATA.arrays[placesOf(DATA.boxes[i].value)[0]].shape), title = moduleTitle(numberOf(item.key));
    g.append(svg("path", { class: "sign", d: `M${left + 8} ${top + 12.5}h9m-4.5 -4.5v9` }), text(title, left + 22, top + 17, "name"),
      text(title === said ? "" : said, left + 9, top + 33, "class"), text(shape, left + width - 9, top + 33, "does"));
  } else {
    g.append(text(boxTitle(i), left + 9, top + 17, "name"), text(DATA.titles[i][1], left + width - 9, top + 17, "does"));
  }
  g.append(g.value, g.gradient);
  fillCell(g.value, DATA.boxes[i].value, left + 6, g.cells, width / 2 - 8);
  return g;
}

// A number, or a small heat map.
function fillCell(cell, value, x, y, width) {
  const place = placesOf(value)[0], array = DATA.arrays[place], height = HEIGHT - 29;
  const room = svg("rect", { x, y, width, height, rx: 3, class: "room" });
  let shown;
  if (isKnown(array) && !isNumber(array) && array.shape.length && !array.shape.includes(0)) {
    const fit = isImages(array) ? "xMidYMid meet" : "none";
    shown = svg("image", { x, y, width, height, href: pictureOf(place, array, width / height), preserveAspectRatio: fit });
  } else {
    shown = svg("text", { x: x + width / 2, y: y + 12.5 });
    shown.textContent = isNumber(array) ? digits(array.numbers[0], width > 52 ? 4 : 3) : shapeText(array.shape);
  }
  cell.replaceChildren(room, shown);
  cell.shows = value;
}

// ------------------------------------------------------------------------------------------ light

// Show which boxes have been computed by now, what gradients there are, and what lies on the path so far.
function lightGraph(state) {
  const stop = stops[state.step], { step } = stop, way = isBackward(step) ? "backward" : "forward";
  const now = situation(stop.steps.at(-1)), seen = (i) => seenAs(i, state.open), story = state.story !== null;
  const lit = new Set(story ? [] : step.lit.map(seen).filter((key) => step.phase !== "given" || !isModule(key))), targets = new Set(story ? [] : targetsOf(step).map(seen));
  for (const [key, g] of graph.items) {
    const { left, width } = g.place, { boxes, time } = g.item, i = g.shows, gradient = now.gradients[i];
    g.classList.toggle("future", time > stop.steps.at(-1));
    g.classList.toggle("lit", lit.has(key));
    g.classList.toggle("target", targets.has(key) && !lit.has(key));
    g.classList.toggle("told", state.story !== null && boxes.includes(state.story));
    g.classList.toggle("passed", now.passed[i]);
    g.classList.toggle("waiting", gradient !== undefined && !now.passed[i] && DATA.boxes[i].operation !== "");
    if (g.gradient.shows === gradient) continue;
    if (gradient !== undefined) fillCell(g.gradient, gradient, left + width / 2 + 2, g.cells, width / 2 - 8);
    else g.gradient.replaceChildren(), delete g.gradient.shows;
  }
  const some = (arrow, set) => arrow.stands.some((n) => set.has(n)), works = new Set(step.arrows);
  for (const arrow of graph.arrows) {
    const lit = some(arrow, works), kind = lit ? way : some(arrow, now.backward) ? "backward" : some(arrow, now.forward) ? "done" : "idle";
    arrow.setAttribute("class", `arrow ${kind}${lit ? " lit" : ""}`);
    if (lit) arrow.parentNode.append(arrow); // above the others
    arrow.setAttribute("marker-end", kind === "backward" ? "" : `url(#tip-${kind})`);
    arrow.setAttribute("marker-start", kind === "backward" ? "url(#tip-backward)" : "");
  }
  canvas.dataset.phase = way;
  if (story) follow([seen(state.story)]);
  else if (step.phase !== "given" && step.phase !== "end") follow([...new Set([...step.lit, ...targetsOf(step)].map(seen))], seen(step.lit[0]));
}

const targetsOf = (step) => (step.goings ? step.goings.map(({ box }) => box) : step.to === undefined ? [] : [step.to]);

// Animate the arrow that is lit, in the direction of the numbers.
function sparkle(state, calm) {
  const { step } = stops[state.step], arrows = graph.arrows.filter((a) => a.classList.contains("lit"));
  if (calm || arrows.length !== 1 || state.story !== null) return;
  const [path] = arrows, length = path.getTotalLength();
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
