// A button on each program copies what is to be typed: no prompts, and nothing that was printed.
addEventListener("DOMContentLoaded", () => {
  if (!navigator.clipboard) return; // only on https, and on one's own machine
  for (const pre of document.querySelectorAll("div.highlight pre")) {
    if (pre.closest(".printed")) continue;
    const button = document.createElement("button");
    Object.assign(button, { className: "copy", type: "button", textContent: "Copy", ariaLabel: "Copy the program" });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(typed(pre));
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    pre.parentElement.append(button);
  }
});

function typed(pre) {
  const lines = pre.textContent.split("\n");
  if (!pre.querySelector(".gp")) return pre.textContent;
  return lines.filter((line) => /^(>>>|\.\.\.)( |$)/.test(line)).map((line) => line.slice(4)).join("\n") + "\n";
}
