// Lists of people: a condition shows a box only when it needs a value and offers what fits, a segment counts as it is
// built, and selecting on a page or across all pages says how many. Without this file every form works as it is.
(function () {
  "use strict";
  var ASKED = {tag: "Which tag?", days: "How many days?", date: "2026-11-24", number: "12.5", month: "March",
               country: "Nigeria", language: "en", text: "Which words?"};

  function fit(row) {
    var what = row.querySelector("[data-what]"), box = row.querySelector("[data-value]");
    var takes = what.selectedOptions.length ? what.selectedOptions[0].dataset.takes || "" : "";
    box.hidden = !takes;
    box.type = takes === "date" ? "date" : takes === "days" ? "number" : "text";
    if (takes === "days") { box.min = "1"; box.max = "3650"; }
    box.placeholder = ASKED[takes] || "";
    if (document.getElementById("list-" + takes)) { box.setAttribute("list", "list-" + takes); } else { box.removeAttribute("list"); }
  }

  function rowsOf(form) {
    return form.matches(".condition") ? [form] : Array.from(form.querySelectorAll(".condition"));
  }

  function conditions(form) {
    rowsOf(form).forEach(function (row) {
      fit(row);
      row.querySelector("[data-what]").addEventListener("change", function () {
        row.querySelector("[data-value]").value = "";
        fit(row);
      });
    });
    if (form.dataset.count) { counting(form); }
  }

  function counting(form) {
    var plan = 0, asked = 0;
    form.addEventListener("input", function (event) {
      if (event.target.name === "name") { return; }
      window.clearTimeout(plan);
      plan = window.setTimeout(function () {
        var mine = asked += 1;
        fetch(form.dataset.count, {method: "POST", body: new FormData(form), credentials: "same-origin"})
          .then(function (answer) { return answer.ok ? answer.text() : ""; })
          .then(function (text) {
            if (text && mine === asked) { document.getElementById("segment-people").innerHTML = text; }
          })
          .catch(function () { /* the Count button is still there */ });
      }, 400);
    });
  }

  function people(form) {
    var boxes = Array.from(form.querySelectorAll("input[name=id]")), all = form.querySelector("[data-bulk-all]");
    var count = form.querySelector("[data-bulk-count]"), bar = form.querySelector("[data-bulk]");
    var page = document.createElement("input");
    page.type = "checkbox";
    page.className = "form-check-input";
    page.setAttribute("aria-label", "Select everybody on this page");
    bar.insertBefore(page, count);

    function say() {
      var chosen = boxes.filter(function (box) { return box.checked; });
      page.checked = chosen.length === boxes.length;
      page.indeterminate = chosen.length > 0 && !page.checked;
      boxes.forEach(function (box) { box.closest("tr").classList.toggle("is-picked", all.checked || box.checked); });
      count.hidden = false;
      count.textContent = all.checked ? "Everybody selected" : chosen.length + " selected";
      bar.classList.toggle("is-idle", !all.checked && !chosen.length);
    }

    page.addEventListener("change", function () {
      boxes.forEach(function (box) { box.checked = page.checked; });
      if (!page.checked) { all.checked = false; }
      say();
    });
    form.addEventListener("change", function (event) {
      if (event.target.name === "id" && !event.target.checked) { all.checked = false; }
      say();
    });
    say();
  }

  document.querySelectorAll("[data-conditions]").forEach(conditions);
  document.querySelectorAll("[data-people]").forEach(people);
})();
