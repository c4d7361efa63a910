// What the tests of the operators' pages share.

export const go = (where) => ({ page, url }) => page.goto(`${url}${where}`);

/** Presses a button of the page, or a link, by its name. */
export async function press(page, name, role = 'button') {
  await Promise.all([page.waitForNavigation(), page.getByRole(role, { name, exact: true }).last().click()]);
}

/** The words of what has the focus. */
export function focused(page) {
  return page.evaluate(() => document.activeElement.textContent.trim());
}
