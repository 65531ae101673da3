// The page's state is in one place, and changes in one place: go(). Then everything is drawn again, from DATA and the state.

const state = { step: 0, open: new Set(), plumbing: false, playing: false, pace: 1, story: null, theme: null, pane: "source", guess: false };
let stops = [], turn = 0; // the steps of the page as it is folded, and the one where backward begins
let told = 0; // the step of the story that one came to last, which folding doesn't change
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const $ = (id) => document.getElementById(id);

// Change the state. If something is folded, what is told stays the same, unless a step is asked for: `step` counts those of
// the page, `at` those of the story. `address` says how to remember the place.
function go({ at, address, ...changes }) {
  const before = { ...state };
  Object.assign(state, changes);
  if (state.open !== before.open || state.plumbing !== before.plumbing) {
    refold();
    state.step = changes.step ?? stopAt((told = at ?? told));
  }
  state.step = Math.max(0, Math.min(stops.length - 1, state.step));
  if (!stops[state.step].steps.includes(told)) told = stops[state.step].steps.at(-1);
  if (state.step === stops.length - 1) state.playing = false;
  if (state.step !== before.step && changes.story === undefined) state.story = null;
  if (state.theme !== before.theme) document.documentElement.dataset.theme = state.theme ?? "";
  render(before);
  writeAddress(address ?? (state.playing ? "replace" : "push"));
}

// Return the place of the stop that has a step of the story in it.
const stopAt = (n) => Math.max(0, stops.findIndex((stop) => stop.steps.includes(n)));

// Find the stops for what is open now, and draw the graph that goes with them.
function refold() {
  stops = stopsOf(state);
  turn = stops.findIndex(({ step }) => isBackward(step));
  unfoldGraph(state);
  writeLine();
  $("fold-all").disabled = state.open.size === 0;
  $("unfold-all").disabled = state.open.size >= EVERYTHING.size;
  $("plumbing").setAttribute("aria-pressed", state.plumbing);
}

// Draw everything again, for instance because numbers in DATA.arrays have changed.
function redraw() {
  pictures.clear();
  drawGraph();
  look(graph.view);
  render(state);
}

function render(before) {
  const { step } = stops[state.step], moved = state.step !== before.step;
  if (state.theme !== before.theme) readColours(), drawGraph(), look(graph.view);
  if (state.open !== before.open) firstLook();
  lightGraph(state);
  if (state.step === before.step + 1) sparkle(state, calm.matches);
  if (state.story !== null) writeStory(state, go);
  else writePanel(state, ways());
  writeSource(state);
  writePlayer(step);
  showPane();
  if (isLiveNow) writeGuess();
  if (state.playing && (moved || !before.playing)) schedule();
}

// Return what stepping into what is at work, and out of what is around it, would do; null if it isn't possible.
function ways() {
  const stop = stops[state.step], opened = openedBy(stop, state.open), folded = foldedBy(stop, state.open);
  const first = stop.own ? DATA.steps.indexOf(stop.own[0]) : 0;
  return { into: opened && (() => fold(opened, first)), out: folded && (() => fold(folded)) };
}

// Show the program, or what changes numbers.
function showPane() {
  for (const pane of ["source", "change"]) {
    $(pane).hidden = state.pane !== pane;
    $(`tab-${pane}`).setAttribute("aria-selected", state.pane === pane);
  }
}

const fold = (open, at) => go({ open, at, playing: false, story: null });

const focusOn = (does, n) => canvas.querySelector(`[data-${does}="${n}"]`)?.focus({ preventScroll: true });

function writePlayer(step) {
  $("scrub").value = state.step;
  $("scrub").setAttribute("aria-valuetext", `${phaseText(state.step)}: ${titleOf(step)}`);
  document.querySelectorAll(".ticks i").forEach((tick, i) => {
    tick.classList.toggle("done", i < state.step);
    tick.classList.toggle("now", i === state.step);
  });
  $("play").classList.toggle("playing", state.playing);
  $("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
  $("first").disabled = $("back").disabled = state.step === 0;
  $("next").disabled = $("last").disabled = state.step === stops.length - 1;
  const told = `${phaseText(state.step)}: ${titleOf(step)}`;
  if ($("where").textContent !== told) $("where").textContent = told;
  document.body.dataset.phase = isBackward(step) ? "backward" : "forward";
}

let timer = 0;
function schedule() {
  clearTimeout(timer);
  timer = setTimeout(() => state.playing && go({ step: state.step + 1 }), 1800 / state.pace);
}

// Return the situation at a step: when each box is computed, its gradient so far, and what the walk has passed.
function situation(at) {
  const computed = DATA.boxes.map(() => 0), gradients = {}, passed = DATA.boxes.map(() => false);
  const forward = new Set(), backward = new Set();
  DATA.steps.forEach((step, n) => {
    if (step.phase === "forward") computed[step.lit[0]] = n;
    if (n > at) return;
    if (step.to !== undefined) gradients[step.to] = step.after;
    if (step.phase === "backward") passed[step.lit[0]] = true;
    for (const arrow of step.arrows) (step.phase === "backward" ? backward : forward).add(arrow);
  });
  return { computed, gradients, passed, forward, backward };
}

// ----------------------------------------------------------------------------------------- controls

const toggle = () => go(state.step === stops.length - 1 && !state.playing ? { step: 0, playing: true } : { playing: !state.playing });
const to = (step, address) => go({ step, playing: false, address });
const scroll = (part) => { scroller().scrollTop += part * scroller().clientHeight; };
const KEYS = {
  ArrowRight: () => to(state.step + 1), ArrowLeft: () => to(state.step - 1), " ": toggle,
  Home: () => to(0), End: () => to(stops.length - 1), b: () => to(turn), B: () => to(turn),
  ArrowDown: () => ways().into?.(), ArrowUp: () => ways().out?.(), PageDown: () => scroll(0.8), PageUp: () => scroll(-0.8),
  f: () => fold(new Set()), u: () => fold(EVERYTHING), p: () => hasPlumbing && go({ plumbing: !state.plumbing }), c: () => go({ pane: state.pane === "change" ? "source" : "change" }),
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fitAll, "?": () => $("help").showModal(),
  Escape: () => state.story !== null && go({ story: null }),
};

function listen() {
  const click = (id, action) => $(id).addEventListener("click", action);
  click("first", () => to(0));
  click("back", () => to(state.step - 1));
  click("play", toggle);
  click("next", () => to(state.step + 1));
  click("last", () => to(stops.length - 1));
  click("fold-all", () => fold(new Set()));
  click("unfold-all", () => fold(EVERYTHING));
  click("plumbing", () => go({ plumbing: !state.plumbing }));
  click("closer", () => zoom(1.25));
  click("farther", () => zoom(0.8));
  click("fit", fitAll);
  click("help-open", () => $("help").showModal());
  click("whole-open", () => $("whole").showModal());
  click("theme", () => go({ theme: isDark() ? "light" : "dark" }));
  $("pace").addEventListener("change", () => go({ pace: Number($("pace").value) }));
  $("scrub").addEventListener("input", () => to(Number($("scrub").value), "replace"));
  document.addEventListener("keydown", (e) => {
    if (e.target.closest("select, dialog, input:not(#scrub)") || (e.key === " " && e.target.closest("button"))) return; // they see to it
    if (e.ctrlKey || e.metaKey || e.altKey || !KEYS[e.key]) return;
    e.preventDefault();
    KEYS[e.key]();
  });
  listenToGraph({
    tell: (story) => go({ story, playing: false }),
    unfold: (n) => (fold(openedBy({ key: `m${n}`, whole: true, step: {} }, state.open)), lookAt(n), focusOn("fold", n)),
    fold: (n) => (fold(new Set([...state.open].filter((key) => key !== `m${n}`))), lookAt(n), focusOn("unfold", n)),
  });
  listenToAddress();
  listenToPanel();
  let size = "";
  new ResizeObserver(() => {
    const now = `${canvas.clientWidth} ${canvas.clientHeight}`;
    if (now !== size && canvas.clientWidth) {
      size = now;
      if (bestWay() !== graph.way) drawGraph();
      firstLook();
      lightGraph(state);
    }
  }).observe(canvas);
  let theme = null, view = null;
  addEventListener("beforeprint", () => { theme = state.theme; view = graph.view; go({ theme: "light" }); fitAll(); });
  addEventListener("afterprint", () => { go({ theme }); look(view); });
}

const isDark = () => (state.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

// Write the time line: a tick for each stop.
function writeLine() {
  $("scrub").max = stops.length - 1;
  const line = document.querySelector(".line"), ticks = document.querySelector(".ticks");
  line.style.setProperty("--n", stops.length);
  line.style.setProperty("--turn", turn);
  line.classList.toggle("dense", stops.length > 120);
  ticks.replaceChildren(...stops.map(({ step }) => element("i", { class: isBackward(step) ? "backward" : "forward" })));
}

readColours();
const first = openAtFirst();
$("plumbing").hidden = !hasPlumbing;
$("fold-all").hidden = $("unfold-all").hidden = !DATA.folds.length && first === EVERYTHING;
const { open = first, ...asked } = readAddress();
state.open = open;
Object.assign(state, asked);
$("tab-source").hidden = !DATA.sources.length;
refold();
firstLook();
listen();
beginChange();
go({ step: asked.step ?? 0, address: "replace" });
