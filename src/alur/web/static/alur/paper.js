// A paper's print button.
document.addEventListener("click", (e) => { if (e.target.closest("[data-print]")) window.print(); });
