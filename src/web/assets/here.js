// A new publication is where its editor is, unless they say otherwise.
for (const field of document.querySelectorAll("input[data-here]")) {
  if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
