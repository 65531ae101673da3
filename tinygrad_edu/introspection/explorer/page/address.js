// The address remembers the step, what is open, and the pane below: #step=12&open=m0.m3.b7&plumbing&change. Each step is a place to go back to.

const openText = (open) => (open === EVERYTHING ? "all" : [...open].sort().join(".") || "none");

const usualPane = () => (DATA.sources.length ? "source" : "change");

function addressOf({ step, open, plumbing, pane }) {
  const usual = openText(open) === openText(openAtFirst()) ? "" : `&open=${openText(open)}`;
  return `#step=${step}${usual}${plumbing ? "&plumbing" : ""}${pane === usualPane() ? "" : `&${pane}`}`;
}

// Return what the address asks for. Keys of other pages' boxes do no harm; #step-12 is what older links say.
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1).replace(/^step-/, "step=")), found = {};
  if (/^\d+$/.test(asked.get("step") ?? "")) found.step = Number(asked.get("step"));
  if (asked.has("open")) {
    const text = asked.get("open");
    found.open = text === "all" ? EVERYTHING : new Set(text.split(".").filter((key) => EVERYTHING.has(key)));
  }
  if (asked.has("plumbing")) found.plumbing = true;
  found.pane = ["source", "change"].find((pane) => asked.has(pane)) ?? usualPane();
  return found;
}

// `how` is "push" for a new place, "replace" for the same. Within another page, whose way back is its own, none is new.
function writeAddress(how) {
  const address = addressOf(state);
  if (address === location.hash || (location.hash === "" && how === "replace" && state.step === 0)) return;
  try {
    history[how === "push" && window === window.top ? "pushState" : "replaceState"](null, "", address);
  } catch { /* a frame without an address of its own */ }
}

function listenToAddress() {
  addEventListener("popstate", () => go({ step: 0, open: openAtFirst(), plumbing: false, playing: false, ...readAddress(), address: "replace" }));
}
