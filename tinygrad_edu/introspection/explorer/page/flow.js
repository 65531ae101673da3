// How a gradient flows on: the product of what comes in and the local factor, and the sums that it may take.

// Show a product: the incoming gradient times the local factor is the gradient that flows on.
function flowOf(step) {
  const label = step.label || DATA.boxes[step.lit[0]].gradient;
  const coming = card({ caption: "coming in", label, value: step.coming, kind: "coming" });
  const factor = step.factor && card({ caption: "local factor", kind: "factor", ...step.factor });
  const flows = step.said === undefined ? gradientCard(step.to, step.flows, share(step))
    : card({ caption: "the rule says", value: step.said, kind: "flows" });
  const flowing = [share(step), DATA.boxes[step.to].gradient];
  const rest = step.said === undefined ? [flowing, step.flows] : [["the rule says"], step.said];
  if (step.kind === "product" && isPlain(step.coming) && isPlain(step.factor.value) && isPlain(rest[1]))
    return ledger("product", ["", "coming in", label, step.coming],
      ["×", "local factor", step.factor.label, step.factor.value], ["=", ...rest[0], rest[1]]);
  if (step.kind === "same" && isPlain(step.coming))
    return ledger("same", ["", "coming in", label, step.coming], ["×", "local factor", "", ONE], ["=", ...rest[0], rest[1]]);
  const arrays = step.factor && !isPlain(step.coming) && !isPlain(step.factor.value);
  const times = arrays ? ["⊙", "times, number by number"] : ["×", "times"];
  const cards = {
    product: () => [coming, term(...times, factor), term("=", "is", flows)],
    right: () => [coming, term("@", "matrix product with", factor), term("=", "is", flows)],
    left: () => [factor, term("@", "matrix product with", coming), term("=", "is", flows)],
    same: () => [coming, term("× 1 =", "times 1 is", flows)],
    copied: () => [coming, term("copied →", "copied is", flows)],
    moved: () => [coming, term("moved →", "moved is", flows)],
    added: () => [coming, term("put back →", "put back is", flows)],
    function: () => [coming, term("→", "by the rule becomes", flows)],
  }[step.kind]();
  const row = element("div", { class: "flow", "data-kind": step.kind }, ...cards);
  row.cells = step.kind === "product" ? [step.coming, step.factor.value, rest[1]] : null;
  return row;
}

const share = (step) => (step.before === undefined ? "flowing on" : "this path's share");

// Single numbers, one below the other, as one multiplies and adds on paper.
function ledger(kind, ...rows) {
  const lines = rows.map(([sign, caption, label, value]) => element("tr", {},
    element("td", { class: "sign" }, sign), element("th", { scope: "row" }, caption, label ? formula(label) : ""),
    element("td", { class: "number" }, digits((value === ONE ? ONE : arrayAt(value)).numbers[0], 6))));
  const table = element("table", { class: "ledger", "data-kind": kind }, element("tbody", {}, ...lines));
  return element("div", { class: "scrolled" }, table);
}

// Un-broadcasting: what was stretched is summed.
function stretching(step) {
  if (!step.stretched) return null;
  return element("div", { class: "extra stretched" }, element("p", {}, step.stretched),
    element("div", { class: "flow" }, term("Σ =", "the sum is", gradientCard(step.to, step.flows, share(step)))));
}

// A sum where paths meet.
function meeting(step) {
  if (step.before === undefined) return null;
  const gradient = DATA.boxes[step.to].gradient, plain = [step.before, step.flows, step.after].every(isPlain);
  const sum = plain
    ? ledger("sum", ["", "so far", gradient, step.before], ["+", "this path's share", "", step.flows],
      ["=", "together", gradient, step.after])
    : element("div", { class: "flow" }, gradientCard(step.to, step.before, "so far"),
      term("+", "plus", card({ caption: "this path's share", value: step.flows, kind: "flows" })),
      term("=", "is", gradientCard(step.to, step.after, "together")));
  return element("div", { class: "extra meeting" }, element("p", {}, step.meeting), sum);
}
