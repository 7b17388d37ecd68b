// Asks once before a form with data-confirm is sent; also turns shown paths into whole addresses to copy.
(function () {
  "use strict";

  function button(text, kind, value) {
    var made = document.createElement("button");
    made.className = "btn " + kind;
    made.value = value;
    made.textContent = text;
    return made;
  }

  function ask(sentence, act, agreed) {
    var dialog = document.createElement("dialog");
    var form = document.createElement("form");
    var words = document.createElement("p");
    form.method = "dialog";
    words.id = "confirm-words";
    words.textContent = sentence;
    dialog.className = "confirm";
    dialog.setAttribute("aria-labelledby", words.id);
    form.append(words, button("Go back", "btn-outline-secondary", ""), button(act, "btn-danger", "yes"));
    dialog.append(form);
    dialog.addEventListener("close", function () {
      dialog.remove();
      if (dialog.returnValue === "yes") {
        agreed();
      }
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.dataset || !form.dataset.confirm || form.dataset.agreed) {
      return;
    }
    event.preventDefault();
    var pressed = event.submitter;
    ask(form.dataset.confirm, pressed ? pressed.textContent.trim() : "Yes", function () {
      form.dataset.agreed = "1";
      form.requestSubmit(pressed || undefined);
      delete form.dataset.agreed;
    });
  });

  document.querySelectorAll("input[data-address]").forEach(function (field) {
    field.value = new URL(field.value, window.location.origin).href;
    field.addEventListener("focus", function () { field.select(); });
  });
})();
