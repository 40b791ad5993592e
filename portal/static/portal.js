// The only script of the portal: it shows the print buttons, which need it. All
// else works without JavaScript.
for (const button of document.querySelectorAll('[data-lep-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
