// The visible part of the graph: a rectangle, given by its middle and the scale. Dragging moves it, the wheel and two
// fingers change the scale at the pointer, and each step moves it if what is lit can't be seen.

const ABOVE = 38; // the height of the buttons above the graph, in pixels
const LARGEST = 1.5, LEGIBLE = 0.6, COMFORTABLE = 0.8; // scales: not larger than this; smaller than that boxes can't be read

function look(view) {
  graph.view = view;
  const width = canvas.clientWidth / view.scale, height = canvas.clientHeight / view.scale;
  canvas.setAttribute("viewBox", `${view.x - width / 2} ${view.y - height / 2} ${width} ${height}`);
}

function fitAll() {
  const [width, height] = graph.size;
  const fits = Math.min(canvas.clientWidth / (width + 24), (canvas.clientHeight - ABOVE) / (height + 16), LARGEST), scale = Math.max(fits, 0.02);
  look({ x: width / 2, y: height / 2 - ABOVE / 2 / scale, scale });
}

// Show the whole graph at first, or its beginning if the whole would be too small to read.
function firstLook() {
  fitAll();
  if (graph.view.scale >= LEGIBLE) return;
  const start = (length, room) => Math.min(length / 2, room / COMFORTABLE / 2 - 12), [width, height] = graph.size;
  const middle = start(height, canvas.clientHeight - ABOVE) - ABOVE / 2 / COMFORTABLE;
  look({ x: start(width, canvas.clientWidth), y: middle, scale: COMFORTABLE });
}

// Show what has been folded or unfolded: the box, or the beginning of the frame.
function lookAt(n) {
  if (graph.view.scale >= LEGIBLE && graph.view.scale !== COMFORTABLE) return; // all of it is in view
  const place = graph.borders.get(n);
  if (!place) return follow([`m${n}`], `m${n}`);
  const { scale } = graph.view, half = (length, room) => Math.min(length / 2, room / scale / 2 - 12);
  const x = place.x - place.width / 2 + half(place.width, canvas.clientWidth);
  look({ x, y: place.y - place.height / 2 + half(place.height, canvas.clientHeight - ABOVE) - ABOVE / 2 / scale, scale });
}

// Move the view if these items can't be seen; if not all can, the one at work.
function follow(keys, most) {
  if (!keys.length || !graph.view) return;
  const { x, y, scale } = graph.view;
  const halfWidth = canvas.clientWidth / scale / 2 - 8, halfHeight = (canvas.clientHeight - ABOVE) / scale / 2 - 8;
  const { left, right, top, bottom } = spaceOf(keys);
  if (keys.length > 1 && (right - left > 2 * halfWidth || bottom - top > 2 * halfHeight)) return follow([most], most);
  const shift = ABOVE / 2 / scale, middle = y + shift; // the middle of what is below the buttons
  const seen = left >= x - halfWidth && right <= x + halfWidth && top >= middle - halfHeight && bottom <= middle + halfHeight;
  if (!seen) look({ x: (left + right) / 2, y: (top + bottom) / 2 - shift, scale });
}

function spaceOf(keys) {
  const places = keys.map((key) => graph.items.get(key).place);
  return {
    left: Math.min(...places.map((p) => p.left)), right: Math.max(...places.map((p) => p.left + p.width)),
    top: Math.min(...places.map((p) => p.top)), bottom: Math.max(...places.map((p) => p.top + p.height)),
  };
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const { view } = graph, scale = Math.min(4, Math.max(0.05, view.scale * factor));
  const dx = x - canvas.clientWidth / 2, dy = y - canvas.clientHeight / 2; // this point stays where it is
  look({ x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale });
}

// A click that doesn't move tells a box's story, unfolds a module, or folds the one whose title it hits.
function listenToGraph({ tell, unfold, fold }) {
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
  canvas.addEventListener("wheel", (e) => {
    if (window !== window.top && !document.hasFocus() && !e.ctrlKey) return; // within another page, that one scrolls until a click
    e.preventDefault();
    const box = canvas.getBoundingClientRect(), lines = e.deltaMode === 1 ? 16 : 1;
    const turned = Math.max(-120, Math.min(120, e.deltaY * lines));
    zoom(Math.exp(-turned * (e.ctrlKey ? 0.01 : 0.002)), e.clientX - box.left, e.clientY - box.top);
  }, { passive: false });
  const act = (e) => {
    const { box, unfold: inner, fold: outer } = e.target.closest("[role=button]")?.dataset ?? {};
    if (box !== undefined) tell(Number(box));
    else if (inner !== undefined) unfold(Number(inner));
    else if (outer !== undefined) fold(Number(outer));
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  canvas.addEventListener("click", (e) => { if (moved <= 4) act(e); });
  canvas.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") act(e); });
}
