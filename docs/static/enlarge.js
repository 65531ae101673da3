// A click on a picture shows it large, to be scrolled and zoomed. Without scripts, the link leads to the picture itself.
addEventListener("click", (event) => {
  const link = event.target.closest("a.enlarge");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const small = link.querySelector("img"), image = new Image();
  Object.assign(image, { src: link.href, alt: small.alt });

  const dialog = document.createElement("dialog"), room = document.createElement("div"), form = document.createElement("form");
  dialog.className = "enlarged";
  dialog.setAttribute("aria-label", "The picture, enlarged");
  form.method = "dialog";
  const scale = (by) => { image.width = Math.max(100, image.width * by); };
  for (const [sign, words, act] of [["+", "Larger", () => scale(1.25)], ["−", "Smaller", () => scale(0.8)], ["✕", "Close"]]) {
    const button = document.createElement("button");
    Object.assign(button, { textContent: sign, title: words, ariaLabel: words, type: act ? "button" : "submit", onclick: act ?? null });
    form.append(button);
  }
  room.append(image);
  room.className = link.parentElement.classList.contains("on-white") ? "on-white" : "";
  dialog.append(form, room);
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  document.body.append(dialog);
  dialog.showModal();

  // At first as large as fits, but never smaller than it was meant to be.
  const [width, height] = ["width", "height"].map((side) => Number(small.getAttribute(side)));
  image.width = width * Math.max(1, Math.min(room.clientWidth / width, room.clientHeight / height));
});
