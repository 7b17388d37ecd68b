// Whom: how many people are meant follows what is ticked, and long lists of boxes can be narrowed by typing.
(function () {
  "use strict";
  var box = document.querySelector("[data-sized]");
  var form = box && box.querySelector("form");
  var place = document.getElementById("size");
  var turn = 0;
  var timer = 0;

  function ask() {
    var mine = turn;
    var data = new FormData(form);
    ["file", "pasted"].forEach(function (name) { data.delete(name); });
    fetch(box.dataset.sized, {method: "POST", body: data, credentials: "same-origin",
                              headers: {"Accept": "text/html"}, redirect: "manual"})
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (html) {
        if (html && mine === turn) {
          place.innerHTML = html;
        }
      })
      .catch(function () {});  // offline for a moment: the next tick asks again
  }

  function narrow(field) {
    var wanted = field.value.trim().toLocaleLowerCase();
    field.closest("[data-boxes]").querySelectorAll("[data-box]").forEach(function (one) {
      var isTicked = one.querySelector("input").checked;
      one.hidden = !isTicked && one.textContent.toLocaleLowerCase().indexOf(wanted) < 0;
    });
  }

  document.querySelectorAll("[data-narrows]").forEach(function (field) {
    field.hidden = false;
    field.addEventListener("input", function () { narrow(field); });
    field.addEventListener("keydown", function (event) {
      if (event.key === "Enter") {
        event.preventDefault();  // it looks among the boxes; the form is not sent
      }
    });
  });
  if (form && place) {
    form.addEventListener("change", function (event) {
      if (event.target.type === "checkbox") {
        turn += 1;
        window.clearTimeout(timer);
        timer = window.setTimeout(ask, 250);
      }
    });
  }
})();
