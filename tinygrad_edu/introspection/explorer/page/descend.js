// What a gradient is for: a nudge, which compares what it predicts with what happens, and gradient descent.

const NUDGE = 0.01;

// Move the number that was touched last a little, and say what the gradient predicted, and what happened.
function nudge() {
  const { leaf, i } = picked, name = numberName(leaf, i), before = costNow(), slope = gradientAt(leaf, i);
  leaf.now[i] += NUDGE;
  recompute();
  const happened = costNow() - before, shown = (x) => element("b", {}, `${x > 0 ? "+" : ""}${digits(x, 4)}`);
  const predicted = slope === null ? ["No gradient was asked for, so there is no prediction. "]
    : ["The gradient is ", shown(slope), `, so ${DATA.title} should change by ${digits(slope, 4)} × ${NUDGE} = `, shown(slope * NUDGE), ". "];
  say(`${name} went up by ${NUDGE}. `, ...predicted, "It changed by ", shown(happened), `.${verdict(slope, happened)}`);
  changed();
}

function verdict(slope, happened) {
  if (slope === null || !Number.isFinite(happened)) return "";
  const off = Math.abs(happened - slope * NUDGE);
  if (off <= 0.02 * Math.abs(happened) + 1e-12) return " That is as good as equal.";
  return " The difference is the curvature: over a smaller step, the prediction would be better.";
}

// ----------------------------------------------------------------------------------------------------- gradient descent

const MANY = 100, descent = { costs: [], left: 0 };

// Take one step downhill: every leaf that learns moves against its gradient. Return whether that went well.
function descend() {
  const rate = Number($("rate").value);
  if (!descent.costs.length && !Number.isFinite(costNow())) {
    say(`${DATA.title} is ${digits(asData(costNow()))} to begin with: there is no way down from there.`);
    return false;
  }
  if (!descent.costs.length) descent.costs.push(costNow());
  for (const leaf of LEAVES) {
    if (!leaf.learns || leaf.gradient === null) continue;
    const steps = Array.from(leaf.now, (_, i) => rate * gradientAt(leaf, i));
    leaf.now.forEach((x, i) => (leaf.now[i] = x - steps[i]));
  }
  recompute();
  const cost = costNow();
  descent.costs.push(cost);
  const [first, before] = [descent.costs[0], descent.costs.at(-2)], steps = descent.costs.length - 1;
  if (!Number.isFinite(cost) || Math.abs(cost) > 1e6 * (1 + Math.abs(first))) {
    say(`After ${steps} ${steps === 1 ? "step" : "steps"} the numbers are beyond all bounds: the learning rate is too large. Reset, and try a smaller one.`);
    return false;
  }
  const rests = Math.abs(cost - before) <= 1e-9 * Math.abs(before); // rounding errors go up as often as down
  const way = rests ? "changed nothing any more" : cost < before ? "went down" : "went up, so this step was too long";
  say(`${steps} ${steps === 1 ? "step" : "steps"} with the learning rate ${rate}: ${DATA.title} went from ${digits(first, 4)} to ${digits(cost, 4)}. The last step ${way}.`);
  return true;
}

function playDescent() {
  for (const end = performance.now() + 8; ; ) { // as many steps as a frame of the film has time for, but a few at most
    if (descent.left-- <= 0 || !descend()) return stopDescent();
    if (descent.left % 4 === 0 || performance.now() > end) break;
  }
  redraw();
  showChange();
  requestAnimationFrame(playDescent);
}

function stopDescent() {
  descent.left = 0;
  $("hundred").textContent = `${MANY} steps`;
  redraw();
  showChange();
}

function listenToDescent() {
  $("one").addEventListener("click", () => { descend(); changed(); });
  $("hundred").addEventListener("click", () => {
    if (descent.left > 0) return stopDescent();
    descent.left = MANY;
    $("hundred").textContent = "Stop";
    playDescent();
  });
}

// Draw the costs, step by step, from 0 or the least to the most.
function drawCurve() {
  const { costs } = descent, curve = $("curve");
  const finite = costs.filter(Number.isFinite);
  curve.toggleAttribute("hidden", finite.length < 2);
  if (finite.length < 2) return;
  const low = Math.min(0, ...finite), high = Math.max(...finite), [width, height] = [180, 52];
  const y = (cost) => 4 + (height - 8) * (1 - (Math.min(cost, high) - low) / (high - low || 1));
  const points = costs.map((cost, i) => (Number.isFinite(cost) ? `${4 + ((width - 8) * i) / (costs.length - 1)},${y(cost)}` : "")).join(" ");
  curve.setAttribute("aria-label", `${DATA.title} over ${costs.length - 1} steps, from ${digits(costs[0], 3)} to ${digits(costs.at(-1), 3)}`);
  curve.replaceChildren(svg("line", { x1: 4, x2: width - 4, y1: y(Math.max(low, 0)), y2: y(Math.max(low, 0)), class: "axis" }), svg("polyline", { points }));
}
