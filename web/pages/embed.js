// Stands in somebody else's page beside a form of ours in a frame: gives the frame the height its form needs, and leads on after it.
(() => {
  "use strict";
  if (window.mailingsForms) return;
  window.mailingsForms = true;
  window.addEventListener("message", (event) => {
    const said = event.data;
    if (!said || said.mailings !== "form") return;
    for (const frame of document.querySelectorAll("iframe[data-mailings-form]")) {
      if (frame.contentWindow !== event.source || new URL(frame.src, location.href).origin !== event.origin) continue;
      if (Number.isFinite(said.height)) frame.style.height = Math.min(Math.max(said.height, 80), 20000) + "px";
      if (said.top) frame.scrollIntoView({ block: "nearest" });
      if (typeof said.leads === "string" && /^https?:\/\//.test(said.leads)) location.assign(said.leads);
    }
  });
})();
