// The page's state is in one place, and changes in one place: go(). Then everything is drawn again.

const DATA = JSON.parse(document.getElementById("data").textContent);
const state = { step: 0, playing: false, pace: 1, story: null, theme: null };
const LAST = DATA.steps.length - 1, TURN = DATA.steps.findIndex(isBackward);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const $ = (id) => document.getElementById(id);

function go(changes) {
  const before = { ...state };
  Object.assign(state, changes);
  state.step = Math.max(0, Math.min(LAST, state.step));
  if (state.step === LAST) state.playing = false;
  if (state.step !== before.step && changes.story === undefined) state.story = null;
  if (state.theme !== before.theme) document.documentElement.dataset.theme = state.theme ?? "";
  render(before);
}

function render(before) {
  const step = DATA.steps[state.step], moved = state.step !== before.step;
  if (state.theme !== before.theme) readColours(), drawGraph(), look(graph.view);
  lightGraph(state);
  if (state.step === before.step + 1) sparkle(state, calm.matches);
  if (state.story !== null) writeStory(state, go);
  else writePanel(state);
  writeSource(state);
  writePlayer(step);
  if (state.playing && (moved || !before.playing)) schedule();
}

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
  $("next").disabled = $("last").disabled = state.step === LAST;
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

const toggle = () => go(state.step === LAST && !state.playing ? { step: 0, playing: true } : { playing: !state.playing });
const to = (step) => go({ step, playing: false });
const KEYS = {
  ArrowRight: () => to(state.step + 1), ArrowLeft: () => to(state.step - 1), " ": toggle,
  Home: () => to(0), End: () => to(LAST), b: () => to(TURN), B: () => to(TURN),
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fitAll, "?": () => $("help").showModal(),
  Escape: () => state.story !== null && go({ story: null }),
};

function listen() {
  const click = (id, action) => $(id).addEventListener("click", action);
  click("first", () => to(0));
  click("back", () => to(state.step - 1));
  click("play", toggle);
  click("next", () => to(state.step + 1));
  click("last", () => to(LAST));
  click("closer", () => zoom(1.25));
  click("farther", () => zoom(0.8));
  click("fit", fitAll);
  click("help-open", () => $("help").showModal());
  click("whole-open", () => $("whole").showModal());
  click("theme", () => go({ theme: isDark() ? "light" : "dark" }));
  $("pace").addEventListener("change", () => go({ pace: Number($("pace").value) }));
  $("scrub").addEventListener("input", () => to(Number($("scrub").value)));
  document.addEventListener("keydown", (e) => {
    if (e.target.closest("select, dialog") || (e.key === " " && e.target.closest("button"))) return; // they see to it
    if (e.ctrlKey || e.metaKey || e.altKey || !KEYS[e.key]) return;
    e.preventDefault();
    KEYS[e.key]();
  });
  listenToGraph((story) => go({ story, playing: false }));
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

function begin() {
  $("scrub").max = LAST;
  const line = document.querySelector(".line"), ticks = document.querySelector(".ticks");
  line.style.setProperty("--n", LAST + 1);
  line.style.setProperty("--turn", TURN);
  line.classList.toggle("dense", LAST > 120);
  ticks.replaceChildren(...DATA.steps.map((step) => element("i", { class: isBackward(step) ? "backward" : "forward" })));
  readColours();
  drawGraph();
  firstLook();
  listen();
  const asked = Number((/^#step-(\d+)$/.exec(location.hash) || [])[1] || 0);
  go({ step: asked });
}

begin();
