// Live pages are as light or dark as the page around them, whatever the reader's system says. (From files, browsers don't allow that.)
addEventListener("DOMContentLoaded", () => {
  const tell = (frame) => {
    const root = frame.contentDocument?.documentElement;
    const theme = document.body.dataset.theme;
    if (root) root.dataset.theme = theme === "light" || theme === "dark" ? theme : "";
  };
  for (const frame of document.querySelectorAll(".live iframe")) {
    frame.addEventListener("load", () => tell(frame));
    new MutationObserver(() => tell(frame)).observe(document.body, { attributeFilter: ["data-theme"] });
  }
});
