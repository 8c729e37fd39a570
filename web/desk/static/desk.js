// What htmx does not do by itself: a question before what cannot be undone, all boxes of a list at once.
document.addEventListener("change", (event) => {
  const box = event.target;
  if (!box.matches("input[data-all]")) return;
  for (const one of document.querySelectorAll(`input[name="${box.dataset.all}"]`)) one.checked = box.checked;
});
document.addEventListener("submit", (event) => {
  const asked = event.submitter?.dataset.ask ?? event.target.dataset.ask;
  if (asked && !window.confirm(asked)) event.preventDefault();
});
