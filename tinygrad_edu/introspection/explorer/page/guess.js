// Guessing: the next number is hidden, and answered for. Whoever has guessed reads the answer with other eyes.

const answered = new Map(); // by step: whether the number has been guessed or shown

// Return the single number that a step computes, or null if it computes several.
function answerOf(step) {
  const place = step.phase === "forward" ? DATA.boxes[step.lit[0]].value : step.phase === "backward" || step.phase === "seed" ? step.after : undefined;
  if (place === undefined || step.goings || (step.outputs ?? step.lit).length > 1) return null;
  return isPlain(place) && typeof arrayAt(place).numbers[0] === "number" ? arrayAt(place).numbers[0] : null;
}

const isHidden = () => state.guess && state.story === null && !answered.get(state.step) && answerOf(stops[state.step].step) !== null;

// Put a question in the place of the step's result.
function writeGuess() {
  const hidden = isHidden();
  document.body.classList.toggle("guessing", hidden);
  $("guess").setAttribute("aria-pressed", state.guess);
  if (!hidden) return;
  const input = element("input", { type: "number", step: "any", "aria-label": "Your guess" }), reply = element("span", { role: "status" });
  const show = element("button", { type: "button" }, "Show it");
  const form = element("form", { class: "guess" }, element("label", {}, "What comes out? ", input), element("button", {}, "Guess"), show, reply);
  const reveal = () => { answered.set(state.step, true); render(state); };
  show.addEventListener("click", reveal);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (input.value === "") return;
    const answer = answerOf(stops[state.step].step), words = judge(Number(input.value), answer);
    if (isRight(Number(input.value), answer)) {
      reveal();
      panel.querySelector("#result").append(element("p", { class: "right", role: "status" }, words));
    } else reply.textContent = words;
  });
  panel.querySelector("#result").replaceChildren(form);
}

const isRight = (guess, answer) => Math.abs(guess - answer) <= Math.max(0.005, 0.02 * Math.abs(answer));

function judge(guess, answer) {
  if (isRight(guess, answer)) return guess === answer ? "Exactly." : `Yes: ${digits(answer, 6)}.`;
  if (isRight(-guess, answer)) return "The size is right. Look at the sign once more.";
  const far = Math.abs(guess - answer) > Math.max(1, Math.abs(answer));
  const hint = guess < answer ? "it is more than that" : "it is less than that";
  return far ? `Not yet: ${hint}. The formula below says how it is made.` : `Close: ${hint}.`;
}

function listenToGuess() {
  $("guess").addEventListener("click", () => { answered.clear(); go({ guess: !state.guess }); });
}
