// Solves altcha's challenge when the form is sent in: which number, put behind the salt, has the given SHA-256?
"use strict";
for (const form of document.querySelectorAll("form[data-proof]")) {
  form.addEventListener("submit", async (event) => {
    const field = form.elements.altcha;
    if (field.value) return;
    event.preventDefault();
    form.querySelector("[role=status]").hidden = false;
    const task = await (await fetch(form.dataset.proof)).json();
    const salt = task.salt.endsWith("&") ? task.salt : task.salt + "&";
    const text = new TextEncoder();
    for (let number = 0; number <= task.maxNumber; number += 1) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text.encode(salt + number)));
      let hex = "";
      for (const octet of digest) hex += octet.toString(16).padStart(2, "0");
      if (hex === task.challenge) {
        const { algorithm, challenge, signature } = task;
        field.value = btoa(JSON.stringify({ algorithm, challenge, number, salt: task.salt, signature }));
        form.requestSubmit();
        return;
      }
    }
  });
}
