// Folding: which modules are one box, and so which of the story's steps are one step here.
//
// What is open is a set of keys: "m3" for the call of a module with that place in DATA.folds, and "b7" for an operation
// whose products, one for each argument, are steps of their own. All else is folded. A step of the page, a "stop", stands
// for one or more of DATA.steps; plumbing, which only arranges numbers, goes along with the next stop.

const SHORT = 30, READABLE = 25; // a story of no more steps is told in full; a longer one is unfolded as far as this
const HOMES = DATA.boxes.map(() => -1);
DATA.folds.forEach(({ boxes }, n) => boxes.forEach((i) => (HOMES[i] = n)));
const CHAINS = HOMES.map((home) => { // the modules around each box, outermost first
  const chain = [];
  for (let n = home; n !== -1; n = DATA.folds[n].outer) chain.unshift(n);
  return chain;
});
const MADE = DATA.boxes.map(() => 0); // the step that computes a box
DATA.steps.forEach((step, n) => { if (step.phase === "forward") MADE[step.lit[0]] = n; });
const ROOTS = DATA.steps.filter((step) => step.phase === "seed").map((step) => step.to);
const EVERYTHING = new Set([...DATA.folds.keys()].map((n) => `m${n}`).concat([...DATA.boxes.keys()].map((i) => `b${i}`)));
const hasPlumbing = DATA.boxes.some((box) => box.quiet), allQuiet = DATA.boxes.every((box) => box.quiet || !box.operation);

// Return the key of what a box is seen as: that of the outermost folded module around it, or its own.
function seenAs(i, open) {
  const folded = CHAINS[i].find((n) => !open.has(`m${n}`));
  return folded === undefined ? `b${i}` : `m${folded}`;
}

const isModule = (key) => key[0] === "m";
const numberOf = (key) => Number(key.slice(1));
const moduleOf = (key) => DATA.folds[numberOf(key)];
const moduleName = (n) => DATA.folds[n].name || DATA.folds[n].class;
const membersOf = (n) => [...DATA.boxes.keys()].filter((i) => CHAINS[i].includes(n));

// Return the stops. Each has `steps`, the places of its steps; `own`, those that aren't plumbing; `key`, what is at work; and
// `step`, the data for the panel.
function stopsOf({ open, plumbing }) {
  const stops = [];
  let waiting = [];
  DATA.steps.forEach((step, n) => {
    const works = step.phase === "forward" || step.phase === "backward", [i] = step.lit;
    const key = works ? seenAs(i, open) : null;
    if (key && !isModule(key) && DATA.boxes[i].quiet && !plumbing && !allQuiet) return void waiting.push(n);
    const whole = key && (isModule(key) || (step.phase === "backward" && !open.has(key))), last = stops.at(-1);
    if (whole && last?.whole && last.key === key && last.phase === step.phase && !waiting.length)
      return void (last.steps.push(n), last.own.push(step));
    stops.push({ key, whole, phase: step.phase, steps: [...waiting, n], own: [step] });
    waiting = [];
  });
  for (const stop of stops) stop.step = stepOf(stop);
  return stops;
}

// Return a stop's data: those of its step, or what several of them come to.
function stepOf({ key, whole, steps, own }) {
  const arrows = steps.flatMap((n) => DATA.steps[n].arrows);
  if (!whole || (own.length === 1 && !isModule(key))) return { ...own.at(-1), arrows };
  const { phase } = own[0], lit = [...new Set(own.flatMap((step) => step.lit))], module = isModule(key) ? numberOf(key) : null;
  if (phase === "forward") {
    const { inputs, outputs, parameters } = borderOf(module);
    return { phase, module, lit: outputs, arrows, arguments: inputs, outputs, parameters, words: [] };
  }
  const outputs = module === null ? lit : borderOf(module).outputs, inside = new Set(module === null ? [] : membersOf(module));
  const goings = new Map(); // the gradients that go on, by the boxes they go to
  for (const step of own) {
    if (inside.has(step.to) && DATA.boxes[step.to].kind !== "leaf") continue;
    goings.set(step.to, { box: step.to, before: step.before, share: step.flows, ...goings.get(step.to), after: step.after });
  }
  const ordered = [...goings.values()].sort((a, b) => inside.has(a.box) - inside.has(b.box)); // to inputs, and then to parameters
  return { phase, module, lit: outputs, arrows, whole: true, outputs, goings: ordered, products: own, words: [] };
}

// Return what goes into a folded module, what comes out, and its own leaves.
const borderOf = remember((n) => {
  const inside = new Set(membersOf(n)), inputs = new Set(), outputs = new Set(ROOTS.filter((i) => inside.has(i)));
  for (const [tail, head] of DATA.arrows) {
    if (!inside.has(tail) && inside.has(head)) inputs.add(tail);
    if (inside.has(tail) && !inside.has(head)) outputs.add(tail);
  }
  const parameters = [...inside].filter((i) => DATA.boxes[i].kind === "leaf");
  return { inputs: [...inputs], outputs: [...outputs], parameters, inside: [...inside] };
});

const operationsIn = (n) => membersOf(n).filter((i) => DATA.boxes[i].operation && !DATA.boxes[i].quiet);

function remember(compute) {
  const known = new Map();
  return (n) => { if (!known.has(n)) known.set(n, compute(n)); return known.get(n); };
}

// Return what the graph shows: items (boxes and folded modules), frames (open modules), and arrows between items.
function itemsOf({ open }) {
  const items = new Map(), arrows = new Map();
  DATA.boxes.forEach((box, i) => {
    const key = seenAs(i, open), item = items.get(key);
    const home = isModule(key) ? moduleOf(key).outer : HOMES[i], time = box.operation ? MADE[i] : -1;
    if (!item) items.set(key, { key, home, time, boxes: [i] });
    else item.boxes.push(i), (item.time = Math.max(item.time, time));
  });
  DATA.arrows.forEach(([tail, head], n) => {
    const ends = [seenAs(tail, open), seenAs(head, open)], key = ends.join(" ");
    if (ends[0] === ends[1]) return;
    if (!arrows.has(key)) arrows.set(key, { ends, arrows: [] });
    arrows.get(key).arrows.push(n);
  });
  const frames = [...DATA.folds.entries()].filter(([n]) => isOpen(n, open))
    .map(([n, { outer }]) => ({ key: n, outer, time: Math.max(...borderOf(n).inside.map((i) => MADE[i])) }));
  return { items: [...items.values()], frames, arrows: [...arrows.values()] };
}

const isOpen = (n, open) => n === -1 || (open.has(`m${n}`) && isOpen(DATA.folds[n].outer, open));

// Return what is open at first: everything in a short story, else as many modules, outer ones first, as stay readable.
const openAtFirst = remember(() => {
  if (stopsOf({ open: EVERYTHING, plumbing: false }).length <= SHORT) return EVERYTHING;
  let open = new Set();
  const depth = (n) => (n === -1 ? 0 : depth(DATA.folds[n].outer) + 1);
  for (const n of [...DATA.folds.keys()].sort((a, b) => depth(a) - depth(b))) {
    const more = new Set(open).add(`m${n}`);
    if (operationsIn(n).length > 1 && isOpen(n, more) && stopsOf({ open: more, plumbing: false }).length <= READABLE) open = more;
  }
  return open;
});

// Return the keys that open what is at work in a stop, and those that fold what is around it; null if there are none.
function openedBy({ key, whole, step }, open) {
  if (!whole || !key || (!isModule(key) && !step.whole)) return null;
  const own = isModule(key) ? operationsIn(numberOf(key)) : [];
  return new Set([...open, key, ...(own.length === 1 ? [`b${own[0]}`] : [])]);
}

function foldedBy({ key, phase, step }, open) {
  if (!key) return null;
  const without = (...keys) => new Set([...open].filter((k) => !keys.includes(k)));
  const home = isModule(key) ? moduleOf(key).outer : HOMES[numberOf(key)];
  const products = DATA.steps.filter((s) => s.phase === "backward" && s.lit[0] === step.lit[0]).length;
  const long = openAtFirst() !== EVERYTHING; // in a short story, all operations go back in steps of their own
  if (long && phase === "backward" && !isModule(key) && open.has(key) && products > 1 && home === -1) return without(key);
  return home === -1 ? null : without(`m${home}`, ...DATA.folds[home].boxes.map((i) => `b${i}`));
}
