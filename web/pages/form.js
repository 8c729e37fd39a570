// A form's page with scripts on: one section at a time, files measured before they are sent, and its height told to a page it stands in.
(() => {
  "use strict";
  const form = document.querySelector("form.filled");
  const steps = form ? [...form.querySelectorAll(".step")] : [];
  let at = 0;

  const show = (number, moved) => {
    at = number;
    steps.forEach((step, index) => { step.hidden = index !== at; });
    if (!moved) return;
    const place = steps[at].querySelector("h2") || steps[at].querySelector("input:not([type=hidden]), textarea, select");
    if (place) place.focus();
    window.scrollTo(0, 0);
    tell({ top: true });
  };

  const complete = (step) => [...step.querySelectorAll("input, textarea, select")].every((one) => one.reportValidity());

  if (steps.length > 1) {
    form.querySelectorAll("[data-go], .progress").forEach((one) => { one.hidden = false; });
    const wrong = steps.findIndex((step) => step.querySelector(".field.wrong, .captcha.wrong"));
    show(Math.max(wrong, 0), false);
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-go]");
      if (!button) return;
      const way = Number(button.dataset.go);
      if (way < 0 || complete(steps[at])) show(at + way, true);
    });
    document.querySelectorAll(".wrongs a").forEach((link) => link.addEventListener("click", (event) => {
      const field = document.getElementById(link.getAttribute("href").slice(1));
      if (!field) return;
      event.preventDefault();
      show(steps.indexOf(field.closest(".step")), false);
      field.focus();
    }));
    const first = document.querySelector("[autofocus]");
    if (first) first.focus();
  }

  if (form) {
    const files = [...form.querySelectorAll("input[type=file]")];
    const measured = () => {
      const all = files.flatMap((input) => [...input.files]);
      const most = Number(form.dataset.most) * 1000;
      const together = all.reduce((sum, file) => sum + file.size, 0) > most;
      files.forEach((input) => {
        const large = [...input.files].some((file) => file.size > Number(input.dataset.kb) * 1000);
        input.setCustomValidity(large || (together && input.files.length) ? form.dataset.large : "");
      });
      return files.find((input) => !input.checkValidity() && input.validity.customError);
    };
    files.forEach((input) => input.addEventListener("change", () => { if (measured()) input.reportValidity(); }));
    form.addEventListener("submit", (event) => {
      if (steps.length > 1 && at < steps.length - 1) { // Enter in a field goes on, it does not send
        event.preventDefault();
        if (complete(steps[at])) show(at + 1, true);
        return;
      }
      const large = measured();
      if (large) {
        event.preventDefault();
        const step = steps.indexOf(large.closest(".step"));
        if (steps.length > 1 && step !== at) show(step, false);
        large.reportValidity();
        return;
      }
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
    window.addEventListener("pageshow", () => { delete form.dataset.sent; });
  }

  function tell(what) {
    if (window.parent !== window) window.parent.postMessage({ mailings: "form", ...what }, "*");
  }
  if (window.parent !== window) {
    new ResizeObserver(() => tell({ height: Math.ceil(document.documentElement.getBoundingClientRect().height) })).observe(document.documentElement);
    const leads = document.querySelector("[data-leads]");
    if (leads) tell({ leads: leads.dataset.leads });
  }
})();
