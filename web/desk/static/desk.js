// What htmx does not do by itself. Every page works without it.

// all boxes of a list at once
document.addEventListener("change", (event) => {
  const box = event.target;
  if (!box.matches("input[data-all]")) return;
  for (const one of document.querySelectorAll(`input[name="${box.dataset.all}"]`)) one.checked = box.checked;
});

// a question before what cannot be undone
document.addEventListener("submit", (event) => {
  const asked = event.submitter?.dataset.ask ?? event.target.dataset.ask;
  if (asked && !window.confirm(asked)) event.preventDefault();
});

// moments in the reader's own zone; the server writes UTC
const language = document.documentElement.lang || undefined;
const written = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "medium" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
const localise = (within) => {
  for (const time of within.querySelectorAll("time[datetime]:not([title])")) {
    const moment = new Date(time.dateTime);
    if (isNaN(moment)) continue;
    time.title = exact.format(moment);
    time.textContent = ("day" in time.dataset ? days : written).format(moment);
  }
};

// a form that asks for a moment asks for it in that zone, too, and says so
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const askInZone = (within) => {
  if (!zone) return;
  for (const field of within.querySelectorAll("input[data-zone]")) field.value = zone;
  for (const name of within.querySelectorAll("[data-zone-name]")) name.textContent = zone.replaceAll("_", " ");
  for (const field of within.querySelectorAll("input[data-utc]")) {
    const moment = new Date(`${field.value}Z`);
    if (!isNaN(moment)) field.value = new Date(moment - moment.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    delete field.dataset.utc;
  }
};

const begin = (within) => {
  localise(within);
  askInZone(within);
  if (window.matchMedia("(max-width: 44rem)").matches) {
    for (const folded of within.querySelectorAll("details[data-phone-shut]")) folded.open = false;
  }
};
begin(document);
document.addEventListener("htmx:load", (event) => begin(event.detail.elt.parentElement ?? document));
document.addEventListener("htmx:sseMessage", (event) => localise(event.target));

// the numbers have ended, or the mailing stands elsewhere now: the rest of the page is to be true again
document.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type === "message" && event.target.closest("[data-done-reload]")) window.location.reload();
});

// a menu closes when one goes elsewhere
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
